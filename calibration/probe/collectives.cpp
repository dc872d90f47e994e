#include "calibration/probe/collectives.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace probe {

namespace {

std::size_t bytes_of(const Point& point) {
  return static_cast<std::size_t>(calibration::shape_number(point.key.shape, "bytes"));
}

/// Repetitions of one collective in all processes.
class Repeated : public CollectiveSubject {
 public:
  Repeated(const World& world, const Gpu& gpu, NcclRanks& ranks, Collective what)
      : world_{&world}, gpu_{&gpu}, ranks_{&ranks}, what_{std::move(what)} {
    // So long that the first launch, for which the GPU waits, counts no more than a hundredth.
    constexpr double repetition_s = 1e-3;
    constexpr double launches_most = 100;
    constexpr double warm_up_s = 0.05;
    constexpr double warm_ups_most = 10;
    ranks.repeat(what_, 1, 1);  // opens connections
    const double once = ranks.repeat(what_, 1, 1)[0];
    const int warm_ups = static_cast<int>(std::clamp(warm_up_s / once, 1.0, warm_ups_most));
    seconds_ = ranks.repeat(what_, 1, warm_ups)[0];
    launches_ = static_cast<int>(
        std::clamp(std::ceil(repetition_s / std::max(seconds_, 1e-9)), 1.0, launches_most));
  }

  Batch take(int repetitions) override {
    constexpr double batch_s = 0.2;
    constexpr int batch_most = 64;
    const int fitting = static_cast<int>(batch_s / (seconds_ * launches_));
    int count = std::clamp(repetitions, 1, std::clamp(fitting, 3, batch_most));
    tell(count);
    Batch batch{.seconds = ranks_->repeat(what_, count, launches_), .state = {}};
    batch.state = gpu_->monitor().state();
    return batch;
  }

  void follow() override {
    int count = 0;
    for (tell(count); count > 0; tell(count)) {
      ranks_->repeat(what_, count, launches_);
    }
  }

  void finish() override {
    int count = 0;
    tell(count);
  }

  [[nodiscard]] std::int64_t launches() const override { return launches_; }

 private:
  void tell(int& count) const { world_->broadcast(std::as_writable_bytes(std::span{&count, 1})); }

  const World* world_;
  const Gpu* gpu_;
  NcclRanks* ranks_;
  Collective what_;
  double seconds_ = 0;
  int launches_ = 1;
};

}  // namespace

CollectiveBenchmark::CollectiveBenchmark(const World& world, const Gpu& gpu,
                                         const NcclLibrary& nccl, const Group& group)
    : world_{&world}, gpu_{&gpu}, nccl_{&nccl} {
  for (const Point& point : group.points) {
    buffer_bytes_ = std::max(buffer_bytes_, bytes_of(point));
  }
  // Process 0 says which points are measured; the plan of a smaller GPU may be another.
  world.broadcast(std::as_writable_bytes(std::span{&buffer_bytes_, 1}));
}

std::unique_ptr<CollectiveSubject> CollectiveBenchmark::prepare(const Point& point) {
  const auto count = static_cast<int>(calibration::shape_number(point.key.shape, "ranks"));
  if (!ranks_ || ranks_->count() != count) {
    ranks_.reset();
    auto ranks = std::make_unique<NcclRanks>(*world_, *gpu_, *nccl_, count);
    ranks->check_sum();
    ranks->reserve(buffer_bytes_);
    ranks_ = std::move(ranks);  // only now that they are ready
  }
  return std::make_unique<Repeated>(
      *world_, *gpu_, *ranks_,
      Collective{
          .op = point.key.op, .bytes = bytes_of(point), .ranks = static_cast<std::size_t>(count)});
}

}  // namespace probe
