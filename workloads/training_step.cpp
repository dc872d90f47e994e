#include "workloads/training_step.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/error.hpp"
#include "workloads/library_carrier.hpp"
#include "workloads/rank_run.hpp"
#include "workloads/symmetry.hpp"

namespace workloads {
namespace {

std::size_t at(auto number) {
  return static_cast<std::size_t>(number);
}

/// Can the ranks that are run stand for all members of every communicator?
bool stand_for_all(const RankPrograms& all, LibraryCarrier& library) {
  std::set<std::pair<std::uint16_t, std::size_t>> seen;  // slots and sizes, one of each will do
  for (const Communicator& communicator : all.communicators) {
    if (communicator.members.empty() ||
        !seen.emplace(communicator.slot, communicator.ranks.size()).second) {
      continue;
    }
    for (const Operation& operation : all.operations[communicator.slot]) {
      if (!library.find_operation(communicator, operation)) {
        return false;
      }
    }
  }
  return true;
}

const calibration::CollectiveFit& collectives_of(const calibration::GpuProfile& profile) {
  if (!profile.collectives) {
    throw sim::Error{profile.gpu, "the profile has no collectives"};
  }
  return profile.collectives->fit;
}

/// What recomputation adds, per token.
double again_flop(const Training& training) {
  const TokenFlop once = forward_flop(training.model, training.model.sequence);
  const double head = 2.0 * static_cast<double>(training.model.vocabulary) * training.model.hidden;
  switch (training.software.recompute) {
    case Recompute::none:
    case Recompute::elementwise:
      break;
    case Recompute::selective:
      return training.software.fused_attention ? 0 : once.attention;
    case Recompute::full:
      return once.matrices + once.attention - head;
  }
  return 0;
}

/// Is the stage among the first and the last ones, `most` in all?
bool is_among(std::int32_t stage, std::int32_t stages, std::int32_t most) {
  const std::int32_t last = most / 2;
  return stage < most - last || stage >= stages - last;
}

/// Asks for the first rank of each stage, and gives the names of what it does.
void prepare(Timeline& timeline, const RankPrograms& all, const Training& training) {
  timeline.labels = all.labels;
  timeline.operations = all.operations;
  std::set<std::int32_t> stages;
  for (std::int32_t rank = 0; rank < all.ranks(); ++rank) {
    const std::int32_t stage = all.program_of[at(rank)];
    if (is_among(stage, training.layout.pipeline, timeline.stages_most) &&
        stages.insert(stage).second) {
      timeline.recording.ranks.push_back(rank);
      timeline.stage_of.push_back(stage);
      timeline.endpoint_of.push_back(all.endpoint_of[at(rank)]);
      StageMemory memory = stage_memory(training.model, training.layout, training.software, stage,
                                        training.orders[at(stage)]);
      memory.activations = 0;
      timeline.held_always.emplace_back(std::llround(memory.total()));
    }
  }
}

StageReport stage_report(const Training& training, const RankPrograms& all, const RunResult& run,
                         std::int32_t stage) {
  StageReport report;
  report.in_flight = most_in_flight(training.orders[at(stage)]);
  report.memory = stage_memory(training.model, training.layout, training.software, stage,
                               training.orders[at(stage)]);
  report.memory.activations = 0;
  double ranks = 0;
  for (std::int32_t rank = 0; rank < all.ranks(); ++rank) {
    if (all.program_of[at(rank)] != stage) {
      continue;
    }
    ++ranks;
    const RankTimes& times = run.ranks[at(rank)];
    report.memory.activations =
        std::max(report.memory.activations, static_cast<double>(times.held_most.count()));
    for (std::size_t i = 0; i < report.seconds.size(); ++i) {
      report.seconds.at(i) += sim::seconds(times.by_category[i]);
    }
    report.launch_s += sim::seconds(times.launching);
    report.idle_s += sim::seconds(run.time - times.end);
  }
  std::ranges::for_each(report.seconds, [&](double& each) { each /= ranks; });
  report.launch_s /= ranks;
  report.idle_s /= ranks;
  return report;
}

}  // namespace

std::vector<StageMemory> memory_of(const Training& training) {
  std::vector<StageMemory> out;
  for (std::int32_t stage = 0; stage < training.layout.pipeline; ++stage) {
    out.push_back(stage_memory(training.model, training.layout, training.software, stage,
                               training.orders[at(stage)]));
  }
  return out;
}

StepCosts::StepCosts(const calibration::GpuProfile& profile, const Software& software,
                     const topology::Topology& topology, const collectives::ExecuteOptions& options)
    : StepCosts{std::array{&profile}, software, topology, options} {}

StepCosts::StepCosts(std::span<const calibration::GpuProfile* const> profiles,
                     const Software& software, const topology::Topology& topology,
                     const collectives::ExecuteOptions& options)
    : library_{collectives_of(*profiles.front()), topology, options} {
  for (const calibration::GpuProfile* const profile : profiles) {
    kernels_.emplace_back(*profile, software);
  }
}

StageKernels StepCosts::kernels() const {
  std::vector<const KernelCosts*> each;
  for (const KernelCosts& costs : kernels_) {
    each.push_back(&costs);
  }
  return StageKernels{std::move(each)};
}

void check_size(const Training& training, const topology::Topology& topology) {
  const std::int32_t ranks = training.layout.ranks();
  if (topology.endpoints().size() < at(ranks)) {
    throw sim::Error{std::string{"layout"}, fmt::format("{} ranks, but the topology has {} GPUs",
                                                        ranks, topology.endpoints().size())};
  }
}

StepReport run_step(const Training& training, const calibration::GpuProfile& profile,
                    const topology::Topology& topology, const collectives::ExecuteOptions& options,
                    Symmetry symmetry, Timeline* timeline) {
  StepCosts costs{profile, training.software, topology, options};
  return run_step(training, costs, symmetry, timeline);
}

StepReport run_step(const Training& training, StepCosts& costs, Symmetry symmetry,
                    Timeline* timeline) {
  const topology::Topology& topology = costs.library().topology();
  check_size(training, topology);
  // A straggler's replica does not do as the others do.
  const bool may_fold = symmetry == Symmetry::folded && training.stragglers.empty() &&
                        costs.library().has_like_servers();
  const std::int32_t replicas = may_fold ? replicas_for_all(training.layout, topology) : 0;
  RankPrograms all = training_programs(training, costs.kernels(), replicas);
  if (replicas > 0) {
    LibraryCarrier some{all, costs.library()};
    if (!stand_for_all(all, some)) {
      all = training_programs(training, costs.kernels(), 0);
    }
  }
  LibraryCarrier library{all, costs.library()};
  const Carrier carrier{
      .operation =
          [&](const Communicator& communicator, const Operation& operation) {
            return library.operation(communicator, operation);
          },
      .message = [&](std::int32_t from, std::int32_t to,
                     sim::Bytes bytes) { return library.message(from, to, bytes); }};
  if (timeline != nullptr) {
    prepare(*timeline, all, training);
  }
  const RunResult run =
      run_ranks(all, topology, costs.library().options(), carrier, category_names.size(),
                timeline != nullptr ? &timeline->recording : nullptr);
  StepReport report{.seconds = sim::seconds(run.time),
                    .stages = {},
                    .events = run.events,
                    .ranks_run = all.ranks()};
  const double tokens = static_cast<double>(training.layout.global_batch) * training.model.sequence;
  const double per_gpu = tokens / report.seconds / training.layout.ranks();
  const double flop = training_flop(training.model, training.model.sequence);
  report.tokens_per_s = tokens / report.seconds;
  report.model_flop_per_s = flop * per_gpu;
  report.hardware_flop_per_s = (flop + again_flop(training)) * per_gpu;
  for (std::int32_t stage = 0; stage < training.layout.pipeline; ++stage) {
    report.stages.push_back(stage_report(training, all, run, stage));
  }
  return report;
}

}  // namespace workloads
