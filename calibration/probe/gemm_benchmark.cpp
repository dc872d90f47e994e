// Matrix products: cublasLt's default kernel, and the best of the eight it offers.
//
// grouped_gemm, the experts of a mixture, is a strided batch of equal products: cublasLt has no
// grouped product before 13.1, and experts with the same number of tokens are what a balanced
// router aims at.

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "calibration/probe/benchmarks.hpp"
#include "calibration/probe/check.hpp"
#include "calibration/probe/cublas_gemm.hpp"
#include "calibration/probe/gemm_buffers.hpp"

namespace probe {

namespace {

constexpr int candidates_most = 8;

class GemmBenchmark : public Benchmark {
 public:
  GemmBenchmark(const Gpu& gpu, const Group& group) : gpu_{&gpu} {
    for (const Point& point : group.points) {
      const GemmShape shape = gemm_shape(point.key);
      needed_[shape.format].grow(gemm_bytes(shape));
    }
  }

  std::unique_ptr<Subject> prepare(const Point& point) override {
    const GemmShape shape = gemm_shape(point.key);
    const GemmBuffers& buffers = buffers_of(shape.format);
    const GemmSets sets = buffers.sets(gemm_bytes(shape));
    const bool is_best = point.key.variant == "best";
    auto gemm = std::make_unique<CublasGemm>(library_, shape, is_best ? candidates_most : 1);
    if (is_best) {
      choose_best(*gemm, sets);
    }
    gemm_ = std::move(gemm);
    return make_subject(
        *gpu_, {.launch = [this, sets](cudaStream_t stream,
                                       std::size_t set) { gemm_->launch(sets.at(set), stream); },
                .sets = sets.count()});
  }

 private:
  const GemmBuffers& buffers_of(Format format) {
    const auto found = buffers_.find(format);
    if (found != buffers_.end()) {
      return found->second;
    }
    return buffers_.emplace(format, GemmBuffers{*gpu_, format, needed_.at(format)}).first->second;
  }

  /// The fastest in three launches, which the host enqueues while the GPU is busy: the host's own
  /// time would hide that of a short kernel. What cannot run after all is passed over.
  void choose_best(CublasGemm& gemm, const GemmSets& sets) const {
    constexpr int launches = 3;
    double least = std::numeric_limits<double>::infinity();
    std::size_t best = 0;
    std::size_t next = 0;
    const Launch launch = [&](cudaStream_t stream, std::size_t) {
      gemm.launch(sets.at(next), stream);
      next = (next + 1) % sets.count();
    };
    for (std::size_t i = 0; i < gemm.candidates(); ++i) {
      gemm.choose(i);
      try {
        seconds_per_launch(launch, gpu_->stream(), 1);  // loads the kernel
        gpu_->sweep_cache(gpu_->stream());
        gpu_->sweep_cache(gpu_->stream());
        const double seconds = seconds_per_launch(launch, gpu_->stream(), launches);
        if (seconds < least) {
          least = seconds;
          best = i;
        }
      } catch (const Unsupported&) {
        continue;
      }
    }
    gemm.choose(best);
  }

  const Gpu* gpu_;
  CublasLt library_;
  std::map<Format, GemmNeeds> needed_;
  std::map<Format, GemmBuffers> buffers_;
  std::unique_ptr<CublasGemm> gemm_;  // of the point being measured
};

}  // namespace

std::unique_ptr<Benchmark> make_gemm_benchmark(const Gpu& gpu, const Group& group) {
  return std::make_unique<GemmBenchmark>(gpu, group);
}

}  // namespace probe
