#include "calibration/probe/workload.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "calibration/probe/check.hpp"
#include "calibration/probe/kernels.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

constexpr double short_s = 100e-6;       // below this a graph is captured
constexpr double repetition_s = 300e-6;  // what short launches are repeated up to
constexpr int batch_most = 128;          // repetitions between two looks at the clock
constexpr double batch_s = 0.1;          // and about so long at most

int repetitions_of(int asked, double repetition_seconds) {
  const int fitting = static_cast<int>(batch_s / std::max(repetition_seconds, 1e-6));
  return std::clamp(asked, 1, std::clamp(fitting, 3, batch_most));
}

/// Events to put before and after repetitions, made as they are needed.
class EventPairs {
 public:
  void reserve(int pairs) {
    while (std::ssize(starts_) < pairs) {
      starts_.push_back(make_event());
      stops_.push_back(make_event());
    }
  }
  void start(int pair, cudaStream_t stream) const { record(starts_, pair, stream); }
  void stop(int pair, cudaStream_t stream) const { record(stops_, pair, stream); }
  void wait(int pair) const { check(cudaEventSynchronize(stops_[index(pair)].get())); }

  [[nodiscard]] double seconds(int pair) const {
    return seconds_between(starts_[index(pair)], stops_[index(pair)]);
  }
  [[nodiscard]] const Event& stop_of(int pair) const { return stops_[index(pair)]; }

 private:
  static std::size_t index(int pair) { return static_cast<std::size_t>(pair); }
  static void record(const std::vector<Event>& events, int pair, cudaStream_t stream) {
    check(cudaEventRecord(events[index(pair)].get(), stream));
  }
  std::vector<Event> starts_;
  std::vector<Event> stops_;
};

/// Ten launches or 50 ms; returns the seconds of one.
double warm_up(const Launch& launch, cudaStream_t stream) {
  constexpr double most_s = 0.05;
  constexpr double launches_most = 10;
  const double first = seconds_per_launch(launch, stream, 1);  // loads the kernel, too
  if (first > most_s) {
    return seconds_per_launch(launch, stream, 1);
  }
  const double second = seconds_per_launch(launch, stream, 1);
  const int count = static_cast<int>(std::clamp(most_s / second, 1.0, launches_most));
  return seconds_per_launch(launch, stream, count);
}

class StreamSubject : public Subject {
 public:
  StreamSubject(const Gpu& gpu, Workload workload) : gpu_{&gpu}, workload_{std::move(workload)} {
    const Launch cycling = [this](cudaStream_t stream, std::size_t) { launch_next(stream); };
    choose_launches(warm_up(cycling, gpu.stream()));
  }

  Batch take(int repetitions) override {
    const int count = repetitions_of(repetitions, seconds_ * launches_);
    events_.reserve(count);
    for (int i = 0; i < count; ++i) {
      if (workload_.cache == calibration::Cache::cold) {
        gpu_->sweep_cache(gpu_->stream());
      }
      events_.start(i, gpu_->stream());
      if (graph_) {
        check(cudaGraphLaunch(graph_.get(), gpu_->stream()));
      } else {
        launch_all();
      }
      events_.stop(i, gpu_->stream());
    }
    // The GPU is at work while its state is read.
    Batch batch{.seconds = {}, .state = gpu_->monitor().state()};
    events_.wait(count - 1);
    for (int i = 0; i < count; ++i) {
      batch.seconds.push_back(events_.seconds(i) / launches_);
    }
    return batch;
  }

  [[nodiscard]] std::int64_t launches() const override { return launches_; }
  [[nodiscard]] calibration::Cache cache() const override { return workload_.cache; }

 private:
  static int launches_for(double seconds) {
    constexpr double launches_most = sets_most;
    return static_cast<int>(
        std::clamp(std::ceil(repetition_s / std::max(seconds, 1e-9)), 1.0, launches_most));
  }

  /// So many that a repetition is long enough, where one takes `seconds` launched by the host.
  void choose_launches(double seconds) {
    seconds_ = seconds;
    launches_ = launches_for(seconds_);
    if (seconds_ < short_s && workload_.replay == Workload::Replay::graph_if_short) {
      capture();
      // The host may have taken longer to launch one than the GPU to run it.
      const int enough = launches_for(seconds_);
      if (enough > launches_) {
        launches_ = enough;
        capture();
      }
    }
  }

  /// A graph of `launches_` launches, and how long it takes each of them.
  void capture() {
    next_ = 0;
    graph_ = capture_graph(gpu_->stream(), [this] { launch_all(); });
    const Launch replay = [this](cudaStream_t stream, std::size_t) {
      check(cudaGraphLaunch(graph_.get(), stream));
    };
    seconds_per_launch(replay, gpu_->stream(), 1);  // uploads it
    seconds_ = seconds_per_launch(replay, gpu_->stream(), 1) / launches_;
  }

  void launch_next(cudaStream_t stream) {
    workload_.launch(stream, next_);
    next_ = (next_ + 1) % workload_.sets;
  }

  void launch_all() {
    for (int i = 0; i < launches_; ++i) {
      launch_next(gpu_->stream());
    }
  }

  const Gpu* gpu_;
  Workload workload_;
  EventPairs events_;
  double seconds_ = 0;
  int launches_ = 1;
  std::size_t next_ = 0;
  Graph graph_;
};

class SubjectBeside : public Subject {
 public:
  SubjectBeside(const Gpu& gpu, Launch measured, Launch beside)
      : gpu_{&gpu},
        measured_{std::move(measured)},
        beside_{std::move(beside)},
        seconds_{warm_up(measured_, gpu.stream())},
        beside_seconds_{warm_up(beside_, other_.get())} {}

  Batch take(int repetitions) override {
    // If all repetitions outlast what runs beside them, that needs to be longer.
    constexpr int attempts = 4;
    for (int attempt = 0; attempt < attempts; ++attempt) {
      Batch batch = take_once(repetitions_of(repetitions, seconds_ * stretch_));
      if (!batch.seconds.empty()) {
        return batch;
      }
      stretch_ *= 2;
    }
    throw Unsupported{"what should run beside it ends too early"};
  }

 private:
  Batch take_once(int count) {
    events_.reserve(count);
    const double cover = seconds_ * stretch_ * count;
    constexpr double launches_most = 2000;
    const int launches = static_cast<int>(
        std::clamp(std::ceil(cover / std::max(beside_seconds_, 1e-9)) + 1, 2.0, launches_most));
    // The first of them runs alone, and what is measured begins when it is over.
    beside_(other_.get(), 0);
    check(cudaEventRecord(beside_started_.get(), other_.get()));
    check(cudaStreamWaitEvent(gpu_->stream(), beside_started_.get(), 0));
    for (int i = 1; i < launches; ++i) {
      beside_(other_.get(), 0);
    }
    check(cudaEventRecord(beside_ended_.get(), other_.get()));
    for (int i = 0; i < count; ++i) {
      events_.start(i, gpu_->stream());
      measured_(gpu_->stream(), 0);
      events_.stop(i, gpu_->stream());
    }
    Batch batch{.seconds = {}, .state = gpu_->monitor().state()};
    events_.wait(count - 1);
    check(cudaEventSynchronize(beside_ended_.get()));
    for (int i = 0; i < count; ++i) {
      if (seconds_between(events_.stop_of(i), beside_ended_) > 0) {
        batch.seconds.push_back(events_.seconds(i));
      }
    }
    return batch;
  }

  const Gpu* gpu_;
  Launch measured_;
  Launch beside_;
  Stream other_ = make_stream(Priority::normal);
  Event beside_started_ = make_event();
  Event beside_ended_ = make_event();
  EventPairs events_;
  double seconds_ = 0;
  double beside_seconds_ = 0;
  double stretch_ = 2;  // how much longer than alone the measured launches may take
};

class HostSubject : public Subject {
 public:
  HostSubject(const Gpu& gpu, std::function<double()> once, std::int64_t launches)
      : gpu_{&gpu}, once_{std::move(once)}, launches_{launches} {
    const Seconds begin = host_now();
    constexpr int warm_ups = 3;
    for (int i = 0; i < warm_ups; ++i) {
      once_();
    }
    seconds_ = (host_now() - begin).count() / warm_ups;
  }

  Batch take(int repetitions) override {
    Batch batch;
    const int count = repetitions_of(repetitions, seconds_);
    for (int i = 0; i < count; ++i) {
      batch.seconds.push_back(once_());
    }
    batch.state = gpu_->monitor().state();
    return batch;
  }

  [[nodiscard]] std::int64_t launches() const override { return launches_; }

 private:
  const Gpu* gpu_;
  std::function<double()> once_;
  std::int64_t launches_;
  double seconds_ = 0;
};

}  // namespace

Gpu::Gpu(int device)
    : facts_{open_device(device)},
      monitor_{facts_.uuid},
      stream_{make_stream(Priority::normal)},
      swept_{aligned(std::max(2 * facts_.l2_bytes, std::size_t{1} << 20))} {
  check(cudaMemset(swept_.data(), 0, swept_.size()));
  check(cudaDeviceSynchronize());
}

void Gpu::sweep_cache(cudaStream_t stream) const {
  launch_sweep(swept_.data(), swept_.size(), stream);
}

void Gpu::wake() const {
  constexpr Seconds long_enough{0.2};
  constexpr int sweeps = 50;  // some milliseconds
  for (const Seconds end = host_now() + long_enough; host_now() < end;) {
    for (int i = 0; i < sweeps; ++i) {
      sweep_cache(stream());
    }
    check(cudaStreamSynchronize(stream()));
  }
}

std::unique_ptr<Subject> make_subject(const Gpu& gpu, Workload workload) {
  return std::make_unique<StreamSubject>(gpu, std::move(workload));
}

double seconds_per_launch(const Launch& launch, cudaStream_t stream, int count) {
  const Event start = make_event();
  const Event stop = make_event();
  check(cudaEventRecord(start.get(), stream));
  for (int i = 0; i < count; ++i) {
    launch(stream, 0);
  }
  check(cudaEventRecord(stop.get(), stream));
  check(cudaEventSynchronize(stop.get()));
  return seconds_between(start, stop) / count;
}

std::unique_ptr<Subject> make_subject_beside(const Gpu& gpu, Launch measured, Launch beside) {
  return std::make_unique<SubjectBeside>(gpu, std::move(measured), std::move(beside));
}

std::unique_ptr<Subject> make_host_subject(const Gpu& gpu, std::function<double()> once,
                                           std::int64_t launches) {
  return std::make_unique<HostSubject>(gpu, std::move(once), launches);
}

Seconds host_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::size_t sets_in(const DeviceBuffer& buffer, std::size_t set_bytes) {
  const std::size_t sets = std::min(buffer.size() / std::max<std::size_t>(set_bytes, 1), sets_most);
  if (sets == 0) {
    throw Unsupported{"not enough memory on this GPU"};
  }
  return sets;
}

}  // namespace probe
