#include "workloads/training_step.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "collectives/fold.hpp"
#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "workloads/library_collective.hpp"
#include "workloads/rank_run.hpp"
#include "workloads/symmetry.hpp"

namespace workloads {
namespace {

std::size_t at(auto number) {
  return static_cast<std::size_t>(number);
}

/// Carries out operations and messages as the profile's library does.
class LibraryCarrier {
 public:
  LibraryCarrier(const RankPrograms& all, const calibration::CollectiveFit& fit,
                 const topology::Topology& topology, const collectives::ExecuteOptions& options)
      : all_{&all},
        fit_{&fit},
        topology_{&topology},
        options_{&options},
        has_like_servers_{has_like_servers(topology)} {
    for (const topology::Partition& partition : topology.partitions()) {
      if (partition.name == "server") {
        servers_ = &partition;
      }
    }
    if (servers_ != nullptr) {
      note_users(all);
    }
  }

  [[nodiscard]] Carried operation(const Communicator& communicator, const Operation& operation) {
    auto carried = find_operation(communicator, operation);
    sim::require(carried.has_value(), "ranks that stand for others do the same as those");
    return std::move(*carried);
  }

  /// Nothing where the communicator's ranks cannot stand for all members.
  [[nodiscard]] std::optional<Carried> find_operation(const Communicator& communicator,
                                                      const Operation& operation) {
    const bool is_part = !communicator.members.empty();
    const collectives::Group group =
        is_part ? group_at(communicator.members) : group_of_ranks(communicator.ranks);
    const calibration::CollectiveShape shape =
        shape_of(*topology_, group, *operation_of(operation.collective), operation.bytes,
                 calibration::Number::switches);
    const calibration::CollectiveCost cost = fit_->cost(shape);
    const MessageCosts costs = costs_of(group, cost, shape);
    const collectives::Request request{.topology = topology_,
                                       .group = &group,
                                       .collective = operation.collective,
                                       .bytes = operation.bytes,
                                       .channels = shape.nodes > 1 ? 0 : 1,
                                       .pieces = costs.pieces};
    collectives::Schedule schedule =
        algorithm_of(cost.method.pattern, operation.collective).build(request);
    if (is_part) {
      auto part =
          collectives::folded(schedule, static_cast<std::int32_t>(communicator.ranks.size()));
      if (!part) {
        return std::nullopt;
      }
      schedule = std::move(*part);
    }
    Carried carried{
        .group = is_part ? group_of_ranks(communicator.ranks) : group,
        .schedule = std::move(schedule),
        .start = costs.start,
        .message_latency = costs.message_latency,
        .far_latency = costs.far_latency,
        .rate = costs.rate};
    if (is_alone(communicator)) {
      carried.alone = time_alone(communicator, operation, carried, cost, shape);
    }
    return carried;
  }

  [[nodiscard]] Carried message(std::int32_t from, std::int32_t to, sim::Bytes bytes) {
    collectives::Group group = group_of_ranks({from, to});
    const calibration::CollectiveShape shape =
        shape_of(*topology_, group, calibration::Operation::send_receive, bytes,
                 calibration::Number::switches);
    const MessageCosts costs = costs_of(group, fit_->cost(shape), shape);
    collectives::Schedule schedule{collectives::Collective::broadcast, 2, 1, {bytes, 1}};
    schedule.add({.from = collectives::Rank{0},
                  .to = collectives::Rank{1},
                  .chunks = collectives::fixed_chunks(0, 1)},
                 {});
    return {.group = std::move(group),
            .schedule = std::move(schedule),
            .start = costs.start,
            .message_latency = costs.message_latency,
            .far_latency = costs.far_latency,
            .rate = costs.rate};
  }

 private:
  [[nodiscard]] topology::NodeId node_of(std::int32_t rank) const {
    return topology_->endpoints()[at(all_->endpoint_of[at(rank)])];
  }
  [[nodiscard]] std::int32_t server_of(std::int32_t rank) const {
    return servers_->block_of[topology::index(node_of(rank))];
  }
  [[nodiscard]] collectives::Group group_of_ranks(const std::vector<std::int32_t>& ranks) const {
    collectives::Group group;
    for (const std::int32_t rank : ranks) {
      group.nodes.push_back(node_of(rank));
    }
    return group;
  }

  [[nodiscard]] collectives::Group group_at(const std::vector<std::int32_t>& endpoints) const {
    collectives::Group group;
    for (const std::int32_t endpoint : endpoints) {
      group.nodes.push_back(topology_->endpoints()[at(endpoint)]);
    }
    return group;
  }

  /// Where servers are alike, groups of the same shape have the same costs.
  [[nodiscard]] MessageCosts costs_of(const collectives::Group& group,
                                      const calibration::CollectiveCost& cost,
                                      const calibration::CollectiveShape& shape) {
    if (!has_like_servers_) {
      return costs_on(*topology_, group, cost, shape);
    }
    const std::tuple key{shape.operation, shape.ranks, shape.nodes, shape.bytes};
    const auto found = costs_.find(key);
    return found != costs_.end()
               ? found->second
               : costs_.try_emplace(key, costs_on(*topology_, group, cost, shape)).first->second;
  }

  /// Who uses the cables inside each server, and those that lead out of it: a slot with two or more
  /// ranks of one communicator there, or here and elsewhere; or messages, as the slot behind all
  /// others.
  void note_users(const RankPrograms& all) {
    for (const Communicator& communicator : all.communicators) {
      std::map<std::int32_t, int> ranks_in;
      for (const std::int32_t rank : communicator.ranks) {
        if (++ranks_in[server_of(rank)] > 1) {
          inside_[server_of(rank)].insert(communicator.slot);
        }
      }
      for (const auto& [server, count] : ranks_in) {
        if (ranks_in.size() > 1 || !communicator.members.empty()) {
          outside_[server].insert(communicator.slot);
        }
      }
    }
    for (std::int32_t rank = 0; rank < all.ranks(); ++rank) {
      for (const std::int32_t peer : all.peer_of[at(rank)]) {
        if (peer >= 0 && peer != rank) {
          auto& users = server_of(peer) == server_of(rank) ? inside_ : outside_;
          users[server_of(rank)].insert(static_cast<std::uint16_t>(all.operations.size()));
        }
      }
    }
  }

  /// Are the cables that it uses its own? Those of GPUs are, and of NICs, where each GPU has one, if
  /// only communicators of its slot use such cables in its servers.
  [[nodiscard]] bool is_alone(const Communicator& communicator) const {
    if (servers_ == nullptr) {
      return false;
    }
    const auto is_only_user = [&](const Users& users, std::int32_t server) {
      const auto found = users.find(server);
      return found == users.end() || (found->second.size() == 1 &&
                                      found->second.contains(communicator.slot));
    };
    const std::int32_t server = server_of(communicator.ranks.front());
    const bool is_inside =
        communicator.members.empty() &&
        std::ranges::all_of(communicator.ranks,
                            [&](std::int32_t rank) { return server_of(rank) == server; });
    return std::ranges::all_of(communicator.ranks, [&](std::int32_t rank) {
      const std::int32_t own = server_of(rank);
      return own >= 0 && is_only_user(inside_, own) &&
             (is_inside || (has_own_nic(rank) && is_only_user(outside_, own)));
    });
  }

  /// Does a GPU have a NIC that no other GPU has?
  [[nodiscard]] bool has_own_nic(std::int32_t rank) const {
    return std::ranges::any_of(topology_->out_links(node_of(rank)), [&](topology::LinkId id) {
      const topology::NodeId nic = topology_->link(id).to;
      return topology_->node(nic).kind == topology::NodeKind::nic &&
             std::ranges::count_if(topology_->out_links(nic), [&](topology::LinkId back) {
               return topology_->node(topology_->link(back).to).kind == topology::NodeKind::gpu;
             }) == 1;
    });
  }

  /// Everything that the time of an operation inside a server depends on.
  [[nodiscard]] std::string key_of(const Communicator& communicator,
                                   const Operation& operation) const {
    std::string key =
        fmt::format("{} {}", static_cast<int>(operation.collective), operation.bytes.count());
    for (const std::int32_t rank : communicator.ranks) {
      key += fmt::format(" {}", rank - communicator.ranks.front());
      for (const topology::LinkId id : topology_->out_links(node_of(rank))) {
        const topology::LinkSpec& spec = topology_->link(id).spec;
        key += fmt::format(",{}/{}", spec.bandwidth.count(), spec.latency.count());
      }
    }
    return key;
  }

  sim::Duration time_alone(const Communicator& communicator, const Operation& operation,
                           const Carried& carried, const calibration::CollectiveCost& cost,
                           const calibration::CollectiveShape& shape) {
    const auto [known, is_new] =
        times_.try_emplace(key_of(communicator, operation), sim::Duration{0});
    if (is_new) {
      const Conditions conditions = with_cost(*topology_, carried.group, cost, shape, *options_);
      known->second = collectives::execute(conditions.network, carried.group, carried.schedule,
                                           conditions.options)
                          .time;
    }
    return known->second;
  }

  const RankPrograms* all_;
  const calibration::CollectiveFit* fit_;
  const topology::Topology* topology_;
  const collectives::ExecuteOptions* options_;
  const topology::Partition* servers_ = nullptr;
  using Users = std::map<std::int32_t, std::set<std::uint16_t>>;  // slots, per server
  Users inside_;
  Users outside_;
  std::map<std::string, sim::Duration> times_;             // of what is alone
  bool has_like_servers_;
  std::map<std::tuple<calibration::Operation, std::int32_t, std::int32_t, double>, MessageCosts>
      costs_;
};

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

/// Asks for the first rank of each stage, and gives the names of what it does.
void prepare(Timeline& timeline, const RankPrograms& all) {
  timeline.labels = all.labels;
  timeline.operations = all.operations;
  std::set<std::int32_t> stages;
  for (std::int32_t rank = 0; rank < all.ranks(); ++rank) {
    const std::int32_t stage = all.program_of[at(rank)];
    if (stage < timeline.stages_most && stages.insert(stage).second) {
      timeline.recording.ranks.push_back(rank);
      timeline.stage_of.push_back(stage);
      timeline.endpoint_of.push_back(all.endpoint_of[at(rank)]);
    }
  }
}

StageReport stage_report(const Training& training, const RankPrograms& all, const RunResult& run,
                         std::int32_t stage) {
  StageReport report;
  report.in_flight = most_in_flight(training.orders[at(stage)]);
  report.memory =
      stage_memory(training.model, training.layout, training.software, stage, report.in_flight);
  double ranks = 0;
  for (std::int32_t rank = 0; rank < all.ranks(); ++rank) {
    if (all.program_of[at(rank)] != stage) {
      continue;
    }
    ++ranks;
    const RankTimes& times = run.ranks[at(rank)];
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
                               most_in_flight(training.orders[at(stage)])));
  }
  return out;
}

StepReport run_step(const Training& training, const calibration::GpuProfile& profile,
                    const topology::Topology& topology,
                    const collectives::ExecuteOptions& options, Symmetry symmetry,
                    Timeline* timeline) {
  const std::int32_t ranks = training.layout.ranks();
  if (topology.endpoints().size() < at(ranks)) {
    throw sim::Error{std::string{"layout"}, fmt::format("{} ranks, but the topology has {} GPUs",
                                                        ranks, topology.endpoints().size())};
  }
  const std::int32_t replicas = training.layout.data * training.layout.context;
  if (training.layout.sharding_group > 0 && training.layout.sharding_group != replicas) {
    throw sim::Error{
        std::string{"layout"},
        fmt::format("a step shards over all {} ranks of DP x CP, not over groups of {}", replicas,
                    training.layout.sharding_group)};
  }
  if (!profile.collectives) {
    throw sim::Error{profile.gpu, "the profile has no collectives"};
  }
  const KernelCosts kernels{profile, training.software};
  std::int32_t run_replicas =
      symmetry == Symmetry::folded ? replicas_for_all(training.layout, topology) : 0;
  if (run_replicas > 0) {
    const RankPrograms some = training_programs(training, kernels, run_replicas);
    LibraryCarrier library{some, profile.collectives->fit, topology, options};
    run_replicas = stand_for_all(some, library) ? run_replicas : 0;
  }
  const RankPrograms all = training_programs(training, kernels, run_replicas);
  LibraryCarrier library{all, profile.collectives->fit, topology, options};
  const Carrier carrier{
      .operation =
          [&](const Communicator& communicator, const Operation& operation) {
            return library.operation(communicator, operation);
          },
      .message = [&](std::int32_t from, std::int32_t to,
                     sim::Bytes bytes) { return library.message(from, to, bytes); }};
  if (timeline != nullptr) {
    prepare(*timeline, all);
  }
  const RunResult run = run_ranks(all, topology, options, carrier, category_names.size(),
                                  timeline != nullptr ? &timeline->recording : nullptr);
  StepReport report{.seconds = sim::seconds(run.time),
                    .stages = {},
                    .events = run.events,
                    .ranks_run = all.ranks()};
  const double tokens = static_cast<double>(training.layout.global_batch) * training.model.sequence;
  const double per_gpu = tokens / report.seconds / ranks;
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
