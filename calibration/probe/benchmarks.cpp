#include "calibration/probe/benchmarks.hpp"

#include <array>
#include <string>
#include <string_view>

#include "sim/error.hpp"

namespace probe {

namespace {

struct Entry {
  std::string_view group;
  std::unique_ptr<Benchmark> (*make)(const Gpu& gpu, const Group& group);
};

// To add a group: its points in the plan, a benchmark in a file of its own, one line here.
constexpr std::array table{
    Entry{"launch", make_launch_benchmark},     Entry{"memory", make_memory_benchmark},
    Entry{"gemm", make_gemm_benchmark},         Entry{"batched_gemm", make_gemm_benchmark},
    Entry{"grouped_gemm", make_gemm_benchmark}, Entry{"attention", make_attention_benchmark},
    Entry{"transfers", make_copy_benchmark},    Entry{"contention", make_contention_benchmark},
};

}  // namespace

std::unique_ptr<Benchmark> make_benchmark(const Gpu& gpu, const Group& group) {
  for (const Entry& entry : table) {
    if (entry.group == group.name) {
      return entry.make(gpu, group);
    }
  }
  throw sim::Failure{"no benchmark for group " + std::string{group.name}};
}

}  // namespace probe
