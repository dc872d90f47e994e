// What the host pays for a launch, a graph, an event and a wait.
//
//   launch_latency      an empty kernel, from the call to the end of cudaStreamSynchronize
//   launch_throughput   one of a train of launches, from the first call to the end of the last
//   graph_launch        a graph of one empty kernel, from the call to the end of its wait
//   graph_node          what each further kernel of a graph adds to that
//   event_record, event_query, event_synchronize, stream_synchronize
//                       one call; the event has happened and the stream is idle
//
// All timed by the host's clock: they are the host's time, or end with the host knowing.

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "calibration/probe/benchmarks.hpp"
#include "calibration/probe/check.hpp"
#include "calibration/probe/kernels.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

class LaunchBenchmark : public Benchmark {
 public:
  explicit LaunchBenchmark(const Gpu& gpu) : gpu_{&gpu}, event_{make_event()} {
    launch_empty(gpu.stream());
    check(cudaEventRecord(event_.get(), gpu.stream()));
    check(cudaStreamSynchronize(gpu.stream()));
  }

  std::unique_ptr<Subject> prepare(const Point& point) override {
    constexpr std::array<std::pair<std::string_view, double (LaunchBenchmark::*)()>, 8> table{{
        {"launch_latency", &LaunchBenchmark::launch_latency},
        {"launch_throughput", &LaunchBenchmark::launch_throughput},
        {"graph_launch", &LaunchBenchmark::graph_launch},
        {"graph_node", &LaunchBenchmark::graph_node},
        {"event_record", &LaunchBenchmark::event_record},
        {"event_query", &LaunchBenchmark::event_query},
        {"event_synchronize", &LaunchBenchmark::event_synchronize},
        {"stream_synchronize", &LaunchBenchmark::stream_synchronize},
    }};
    for (const auto& [op, once] : table) {
      if (op == point.key.op) {
        // The shape, where there is one, is the number of calls that share a repetition.
        const double calls = point.key.shape.empty() ? 1 : point.key.shape.front().second;
        calls_ = static_cast<int>(calls);
        return make_host_subject(*gpu_, [this, call = once] { return (this->*call)(); }, calls_);
      }
    }
    throw sim::Failure{"no launch benchmark called " + point.key.op};
  }

 private:
  template <class Work>
  double seconds_of(Work work) const {
    const Seconds begin = host_now();
    work();
    return (host_now() - begin).count();
  }

  template <class Call>
  double seconds_per_call(Call call) const {
    return seconds_of([&] {
             for (int i = 0; i < calls_; ++i) {
               call();
             }
           }) /
           calls_;
  }

  void wait() const { check(cudaStreamSynchronize(gpu_->stream())); }

  double launch_latency() {
    return seconds_of([&] {
      launch_empty(gpu_->stream());
      wait();
    });
  }

  double launch_throughput() {
    return seconds_of([&] {
             for (int i = 0; i < calls_; ++i) {
               launch_empty(gpu_->stream());
             }
             wait();
           }) /
           calls_;
  }

  Graph empty_graph(int nodes) const {
    Graph graph = capture_graph(gpu_->stream(), [&] {
      for (int i = 0; i < nodes; ++i) {
        launch_empty(gpu_->stream());
      }
    });
    check(cudaGraphLaunch(graph.get(), gpu_->stream()));  // the first one uploads it
    wait();
    return graph;
  }

  double seconds_of_graph(const Graph& graph) const {
    return seconds_of([&] {
      check(cudaGraphLaunch(graph.get(), gpu_->stream()));
      wait();
    });
  }

  double graph_launch() {
    if (!one_node_) {
      one_node_ = empty_graph(1);
    }
    return seconds_of_graph(one_node_);
  }

  double graph_node() {
    if (!one_node_) {
      one_node_ = empty_graph(1);
    }
    if (!many_nodes_) {
      many_nodes_ = empty_graph(1 + calls_);
    }
    // A hiccup in the short one must not make a time below zero.
    constexpr double least_s = 1e-9;
    const double more = seconds_of_graph(many_nodes_) - seconds_of_graph(one_node_);
    return std::max(more / calls_, least_s);
  }

  double event_record() {
    const double seconds =
        seconds_per_call([&] { check(cudaEventRecord(event_.get(), gpu_->stream())); });
    wait();
    return seconds;
  }

  double event_query() {
    return seconds_per_call([&] { check(cudaEventQuery(event_.get())); });
  }

  double event_synchronize() {
    return seconds_per_call([&] { check(cudaEventSynchronize(event_.get())); });
  }

  double stream_synchronize() {
    return seconds_per_call([&] { wait(); });
  }

  const Gpu* gpu_;
  Event event_;
  Graph one_node_;
  Graph many_nodes_;
  int calls_ = 1;
};

}  // namespace

std::unique_ptr<Benchmark> make_launch_benchmark(const Gpu& gpu, const Group& /*group*/) {
  return std::make_unique<LaunchBenchmark>(gpu);
}

}  // namespace probe
