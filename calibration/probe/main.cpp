// espalier-calibrate: measures what this machine's GPUs take for kernels, copies and collectives.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cublasLt.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "calibration/probe/check.hpp"
#include "calibration/probe/collective_run.hpp"
#include "calibration/probe/interrupt.hpp"
#include "calibration/probe/nccl_library.hpp"
#include "calibration/probe/plan.hpp"
#include "calibration/probe/program_options.hpp"
#include "calibration/probe/progress.hpp"
#include "calibration/probe/resume.hpp"
#include "calibration/probe/run.hpp"
#include "calibration/probe/time_shares.hpp"
#include "calibration/probe/workload.hpp"
#include "calibration/probe/world.hpp"
#include "calibration/sample_log.hpp"
#include "sim/error.hpp"

namespace {

constexpr int exit_failed = 1;
constexpr int exit_bad_input = 2;
constexpr int exit_interrupted = 130;

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string cudnn_version() {
  const auto library = probe::SharedLibrary::open({"libcudnn.so.9"});
  if (!library) {
    return "none";
  }
  const std::size_t version = library->at<std::size_t()>("cudnnGetVersion")();
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

probe::PlanRequest request_of(const probe::ProgramOptions& options, const probe::World& world,
                              const probe::DeviceFacts& facts) {
  const bool alone = world.size() == 1;
  return {.extent = options.extent,
          .only = options.only,
          .gpus = alone ? facts.gpus : 1,
          .ranks = alone ? facts.gpus : world.size(),
          .memory_bytes = static_cast<double>(facts.memory_bytes)};
}

calibration::SampleHeader header_of(const probe::ProgramOptions& options, const probe::Gpu& gpu,
                                    const probe::PlanRequest& request,
                                    const std::optional<probe::NcclLibrary>& nccl) {
  const probe::DeviceFacts& facts = gpu.facts();
  const std::size_t cublas = cublasLtGetVersion();
  const std::string driver = gpu.monitor().driver();
  calibration::SampleHeader header{
      .gpu = facts.name,
      .gpu_uuid = facts.uuid,
      .gpus = request.ranks,
      .processors = facts.processors,
      .memory_bytes = static_cast<std::int64_t>(facts.memory_bytes),
      .l2_bytes = static_cast<std::int64_t>(facts.l2_bytes),
      .sm_clock_mhz_max = gpu.monitor().sm_clock_mhz_max(),
      .driver = driver.empty() ? fmt::format("for CUDA {}", facts.driver) : driver,
      .cuda = facts.runtime,
      .cublas = fmt::format("{}.{}.{}", cublas / 10000, cublas / 100 % 100, cublas % 100),
      .nccl = nccl ? probe::nccl_version(*nccl) : "none",
      .cudnn = cudnn_version(),
      .date = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))),
      .command = fmt::format("espalier-calibrate {}", fmt::join(options.words, " ")),
      .host = host_name(),
      .plan = probe::plan_version,
      .not_measured = probe::not_measurable(request)};
  if (!nccl) {
    header.not_measured.emplace_back("collectives: no libnccl.so.2");
  }
  if (!gpu.monitor().is_watching()) {
    header.not_measured.emplace_back("clocks, power and throttling: NVML does not answer");
  }
  return header;
}

/// Of several processes of a machine each takes the GPU of its number, or the only one it is shown.
int device_of(const probe::ProgramOptions& options, const probe::World& world) {
  int gpus = 0;
  if (world.size() == 1 || cudaGetDeviceCount(&gpus) != cudaSuccess || gpus == 0) {
    return options.device;
  }
  return world.rank_on_host() % gpus;
}

/// Everything that measuring has at hand, made in this order.
struct Session {
  Session(const probe::ProgramOptions& given, const probe::Interrupt& asked,
          const probe::World& others)
      : options{given}, interrupt{asked}, world{others} {}

  const probe::ProgramOptions& options;
  const probe::Interrupt& interrupt;
  const probe::World& world;
  probe::Gpu gpu{device_of(options, world)};
  std::optional<probe::NcclLibrary> nccl = probe::open_nccl(options.nccl);
  probe::PlanRequest request = request_of(options, world, gpu.facts());
};

/// What training programs ask of CUDA would spoil a measurement: a single queue of the hardware for
/// all streams, or launches that wait for their end. Read when CUDA starts.
void clean_environment() {
  ::setenv("CUDA_DEVICE_MAX_CONNECTIONS", "32", 1);
  ::unsetenv("CUDA_LAUNCH_BLOCKING");
}

/// Tells how it went; returns the exit code.
int conclude(const probe::ProgramOptions& options, const probe::Outcome& outcome,
             std::size_t skipped) {
  fmt::print(stderr, "{} points measured, {} were there already, {} not possible on this GPU\n",
             outcome.measured, skipped, outcome.unsupported);
  if (outcome.is_interrupted || outcome.left > 0) {
    fmt::print(stderr, "{}, {} points left; the same command goes on with {}\n",
               outcome.is_interrupted ? "interrupted" : "the time is over", outcome.left,
               options.output);
  }
  if (outcome.failed > 0) {
    fmt::print(stderr, "{} points failed; see above\n", outcome.failed);
  }
  if (outcome.is_interrupted) {
    return exit_interrupted;
  }
  return outcome.failed > 0 ? exit_failed : 0;
}

/// Points that only children, or only this process, measure.
void keep_what_is_ours(const probe::ProgramOptions& options, const probe::World& world,
                       std::vector<probe::Group>& plan) {
  const bool is_child = options.action == probe::Action::measure_collective;
  if (!is_child && world.size() == 1) {
    return;
  }
  const std::string variant = is_child ? options.nccl_variant : probe::variant_of_environment();
  std::erase_if(plan, [](const probe::Group& group) { return group.name != "collectives"; });
  for (probe::Group& group : plan) {
    std::erase_if(group.points,
                  [&](const probe::Point& point) { return point.key.variant != variant; });
  }
}

probe::Outcome run_plan(const Session& session, const std::vector<probe::Group>& plan,
                        const probe::RunTools& tools) {
  const probe::ProgramOptions& options = session.options;
  probe::TimeShares shares{probe::host_now(), options.budget, plan};
  probe::Outcome outcome;
  for (const probe::Group& group : plan) {
    const probe::GroupRules rules{.deadline = shares.deadline_of(group, probe::host_now()),
                                  .budget_scale = shares.scale()};
    if (group.points.empty() && session.world.size() == 1) {
      continue;  // of several processes the others wait to be told so
    }
    if (group.name != "collectives") {
      outcome.add(probe::run_group(session.gpu, group, rules, tools));
    } else if (!session.nccl && session.world.size() > 1) {
      throw sim::Failure{"there is no libnccl.so.2 on this host (--nccl PATH names one)"};
    } else if (!session.nccl) {
      tools.progress.note(
          "collectives: left out, there is no libnccl.so.2 (--nccl PATH names one)");
    } else if (options.action == probe::Action::measure_collective || session.world.size() > 1) {
      outcome.add(
          probe::run_collectives(session.world, session.gpu, *session.nccl, group, rules, tools));
    } else {
      outcome.add(probe::run_collective_children(group, rules, options, tools));
    }
  }
  return outcome;
}

int measure(const Session& session) {
  const probe::ProgramOptions& options = session.options;
  const bool writes = session.world.rank() == 0;
  const calibration::SampleHeader header =
      header_of(options, session.gpu, session.request, session.nccl);
  std::vector<probe::Group> plan = probe::make_plan(session.request);
  keep_what_is_ours(options, session.world, plan);
  // Process 0 alone writes; the others do what it says.
  const probe::Begun begun =
      writes ? probe::read_begun(options.output, header)
             : probe::Begun{.has_header = true, .whole_bytes = 0, .samples = {}};
  const std::size_t skipped = probe::skip_finished(plan, begun.samples);
  calibration::SampleWriter writer{writes ? options.output : "/dev/null",
                                   writes ? begun.whole_bytes : 0};
  if (!begun.has_header) {
    writer.append(calibration::to_line(header));
  }
  const bool is_child = options.action == probe::Action::measure_collective;
  if (writes && !is_child) {
    fmt::print(stderr, "{}, {} processors; expected: {:.0f} s at most\n", header.gpu,
               header.processors, std::min(options.budget, probe::expected_seconds(plan)).count());
    for (const std::string& missing : header.not_measured) {
      fmt::print(stderr, "not measured: {}\n", missing);
    }
  }
  probe::Outcome outcome;
  {
    probe::Progress progress{probe::expected_seconds(plan)};
    outcome = run_plan(session, plan, {session.interrupt, progress, writer});
  }
  return writes ? conclude(options, outcome, skipped) : 0;
}

/// Tells of the exception that is being handled; returns the exit code.
int report() {
  try {
    throw;
  } catch (const sim::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return exit_bad_input;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "espalier-calibrate: error: {}\n", failure.what());
  }
  return exit_failed;
}

int measure_together(const probe::ProgramOptions& options) {
  clean_environment();
  const probe::Interrupt interrupt;  // before MPI and CUDA start threads
  const std::unique_ptr<probe::World> world = probe::make_world();
  try {
    return measure({options, interrupt, *world});
  } catch (...) {
    const int code = report();
    world->abandon(code);
    return code;
  }
}

void print_plan(const probe::ProgramOptions& options) {
  probe::PlanRequest request{.extent = options.extent, .only = options.only};
  int gpus = 0;
  if (cudaGetDeviceCount(&gpus) == cudaSuccess && gpus > 0) {
    request.gpus = gpus;
    request.ranks = gpus;
  }
  fmt::print("{}", probe::plan_table(probe::make_plan(request)));
  fmt::print("\n");
  for (const std::string& missing : probe::not_measurable(request)) {
    fmt::print("not measured: {}\n", missing);
  }
}

int run(const std::vector<std::string>& words) {
  const probe::ProgramOptions options = probe::parse_program_options(words);
  switch (options.action) {
    case probe::Action::help:
      fmt::print("{}", probe::program_help());
      return 0;
    case probe::Action::dry_run:
      print_plan(options);
      return 0;
    case probe::Action::measure:
    case probe::Action::measure_collective:
      break;
  }
  return measure_together(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int code = run({argv + 1, argv + argc});
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw sim::Failure{"standard output: not everything could be written"};
    }
    return code;
  } catch (...) {
    return report();
  }
}
