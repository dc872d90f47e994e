#include "cli/plan_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cli {
namespace {

using planning::Candidate;
using planning::Found;
using planning::SearchResult;
using workloads::Layout;
using workloads::PipelineKind;

constexpr double giga = 1e9;
constexpr double percent = 100;

/// The money or the energy of a step, in its own column: "12.3".
std::string price_text(const PlanScenario& plan, const Found& found) {
  const auto bill = bill_of(plan, found);
  if (!bill) {
    return {};
  }
  return plan.rank == RankBy::energy
             ? fmt::format(" {:>8.4g}", planning::kilowatt_hours(bill->energy))
             : fmt::format(" {:>8.4g}", bill->cost.count());
}

/// Tables of layouts, of one cluster or of several.
class LayoutTable {
 public:
  explicit LayoutTable(std::span<const PlannedCluster> clusters)
      : plan_{&clusters.front().plan},
        has_clusters_{clusters.size() > 1},
        has_context_{std::ranges::any_of(plan_->space.context, [](auto size) { return size > 1; })},
        has_experts_{plan_->cluster.training.model.experts.has_value()} {}

  [[nodiscard]] std::string head() const {
    std::string out = fmt::format("{:>3}{:>4}", "", "TP");
    out += has_context_ ? fmt::format("{:>4}", "CP") : "";
    out += fmt::format("{:>4}{:>{}}", "PP", replicas_name(), replicas_width());
    out += has_experts_ ? fmt::format("{:>3}{:>4}", "EP", "ETP") : "";
    out += fmt::format("{:>4}{:>7} {:<7}{:>5}{:>8}{:>5}{:>6}", "mb", "chunks", "recomp", "ZeRO",
                       "step s", "MFU", "GB");
    if (plan_->cluster.prices) {
      out += fmt::format("{:>9}", plan_->rank == RankBy::energy ? "kWh/step" : "USD/step");
    }
    return out + '\n';
  }

  [[nodiscard]] std::string row(const PlanScenario& plan, const Found& found,
                                std::size_t number) const {
    const Layout& layout = found.candidate.layout;
    std::string out = fmt::format("{:>3}{:>4}", number, layout.tensor);
    out += has_context_ ? fmt::format("{:>4}", layout.context) : "";
    out += fmt::format("{:>4}{:>{}}", layout.pipeline,
                       has_clusters_ ? plan.cluster.gpus : layout.data, replicas_width());
    out += has_experts_ ? fmt::format("{:>3}{:>4}", layout.expert, layout.expert_tensor) : "";
    const PipelineKind schedule = found.candidate.schedule;
    const bool has_name = schedule == PipelineKind::gpipe || schedule == PipelineKind::zero_bubble;
    constexpr std::size_t short_name = 6;
    return out +
           fmt::format("{:>4}{:>7} {:<7}{:>5} {:>7.4g} {:>4.1f} {:>5.1f}{}\n", layout.micro_batch,
                       has_name ? std::string{name_of(schedule)} : fmt::format("{}", layout.chunks),
                       name_of(found.candidate.recompute).substr(0, short_name),
                       static_cast<int>(layout.sharding), found.report.seconds,
                       percent * mfu_of(plan, found), found.memory / giga, price_text(plan, found));
  }

 private:
  // Of several clusters it is the GPUs that differ; DP is what is left of them.
  [[nodiscard]] std::string_view replicas_name() const { return has_clusters_ ? "GPUs" : "DP"; }
  [[nodiscard]] int replicas_width() const {
    constexpr int of_gpus = 6;
    constexpr int of_replicas = 5;
    return has_clusters_ ? of_gpus : of_replicas;
  }

  const PlanScenario* plan_;  // the first one's; all have the same model and space
  bool has_clusters_;
  bool has_context_;
  bool has_experts_;
};

/// "+0.31 s: pipeline +0.22, TP +0.10, compute -0.01": where another one is slower than the first.
std::string why_slower(const Found& first, const Found& other) {
  const std::vector<TimeShare> ours = times_of(first.report);
  std::vector<TimeShare> theirs = times_of(other.report);
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    theirs[i].seconds -= ours[i].seconds;
  }
  std::ranges::stable_sort(theirs, std::greater{},
                           [](const TimeShare& share) { return std::abs(share.seconds); });
  constexpr std::size_t most = 4;
  constexpr double least = 0.0005;  // of a step: below that it is not worth a word
  std::string parts;
  for (std::size_t i = 0; i < most; ++i) {
    if (std::abs(theirs[i].seconds) > least * first.report.seconds) {
      parts +=
          fmt::format("{}{} {:+.3g}", parts.empty() ? "" : ", ", theirs[i].name, theirs[i].seconds);
    }
  }
  return fmt::format("{:+.3g} s{}{}", other.report.seconds - first.report.seconds,
                     parts.empty() ? "" : ": ", parts);
}

/// Of the best ones, against others on the same cluster.
std::string why(std::span<const PlannedCluster> clusters, const std::vector<Choice>& order,
                std::size_t shown) {
  std::string lines;
  for (std::size_t i = 1; i < std::min(shown, order.size()); ++i) {
    if (order[i].cluster == order.front().cluster) {
      lines +=
          fmt::format("{:>3}  {}\n", i + 1,
                      why_slower(found_at(clusters, order.front()), found_at(clusters, order[i])));
    }
  }
  return lines.empty()
             ? lines
             : "\nWhere the others lose time (seconds of a step, means over stages):\n" + lines;
}

/// The best layout of each cluster that has one.
std::string best_of_each(std::span<const PlannedCluster> clusters,
                         const std::vector<Choice>& order) {
  const LayoutTable table{clusters};
  std::string out = "\nThe best of each cluster:\n" + table.head();
  for (std::size_t cluster = 0; cluster < clusters.size(); ++cluster) {
    const auto first = std::ranges::find(order, cluster, &Choice::cluster);
    if (first == order.end()) {
      out += fmt::format("{:>17} GPUs: no layout fits\n", clusters[cluster].plan.cluster.gpus);
    } else {
      out += table.row(clusters[cluster].plan, found_at(clusters, *first),
                       static_cast<std::size_t>(first - order.begin()) + 1);
    }
  }
  return out;
}

std::string fronts_text(std::span<const PlannedCluster> clusters, const std::vector<Choice>& order,
                        Front front) {
  const LayoutTable table{clusters};
  const std::string_view of_what =
      front == Front::whole ? "" : ", of those simulated (--front: of all)";
  const auto rows = [&](const std::vector<std::size_t>& numbers) {
    std::string out = table.head();
    for (const std::size_t number : numbers) {
      const Choice& choice = order[number];
      out += table.row(clusters[choice.cluster].plan, found_at(clusters, choice), number + 1);
    }
    return out;
  };
  const PlanFronts fronts = fronts_of(clusters, order);
  std::string out =
      fmt::format("\nTime against memory{}:\n{}", of_what, rows(fronts.time_and_memory));
  // On one cluster, less time is less money but for the power.
  if (clusters.size() > 1 && clusters.front().plan.cluster.prices) {
    out += fmt::format("\nTime against cost{}:\n{}", of_what, rows(fronts.time_and_cost));
  }
  return out;
}

std::string counts_text(const PlannedCluster& cluster) {
  const SearchResult& result = cluster.result;
  const double there = static_cast<double>(cluster.plan.cluster.gpu.memory.count()) / giga;
  if (result.fitting == 0) {
    return fmt::format("{} layouts, of which NONE FITS: the leanest needs {:.1f} GB of {:.0f}\n",
                       result.candidates, result.least_memory / giga, there);
  }
  return fmt::format(
      "{} layouts, {} fit into {:.0f} GB, {} were simulated; the rest cannot be as good\n",
      result.candidates, result.fitting, there, result.found.size());
}

std::string head_text(std::span<const PlannedCluster> clusters) {
  const PlanScenario& first = clusters.front().plan;
  const workloads::Transformer& model = first.cluster.training.model;
  std::string out =
      fmt::format("{} on {} GPUs: {} sequences of {} tokens a step\n", model.name,
                  fmt::join(clusters | std::views::transform([](const PlannedCluster& each) {
                              return each.plan.cluster.gpus;
                            }),
                            ", "),
                  first.base.global_batch, model.sequence);
  out += fmt::format("costs: {}\n", first.cluster.profile_name);
  for (const PlannedCluster& each : clusters) {
    out += fmt::format("network: {}\n{}", each.plan.cluster.topology.summary(), counts_text(each));
  }
  return out;
}

}  // namespace

std::string render_plan(std::span<const PlannedCluster> clusters, const PlanView& view) {
  const PlanScenario& first = clusters.front().plan;
  std::string out = head_text(clusters);
  const std::vector<Choice> order = ranked(clusters);
  if (order.empty()) {
    return out;
  }
  if (clusters.size() > 1) {
    out += best_of_each(clusters, order);
  }
  const LayoutTable table{clusters};
  out += fmt::format("\nThe best, by {}:\n", rank_names.at(static_cast<std::size_t>(first.rank))) +
         table.head();
  for (std::size_t i = 0; i < std::min(view.shown, order.size()); ++i) {
    out += table.row(clusters[order[i].cluster].plan, found_at(clusters, order[i]), i + 1);
  }
  out += why(clusters, order, view.shown) + fronts_text(clusters, order, view.front);
  std::string keys = scenario_keys_of(found_at(clusters, order.front()).candidate);
  if (clusters.size() > 1) {
    keys = fmt::format("# with --set topology.shape={}\n{}",
                       clusters[order.front().cluster].plan.shape, keys);
  }
  return out + fmt::format("\nThe first one, to be run:\n{}", keys);
}

std::string scenario_keys_of(const Candidate& candidate) {
  const Layout& layout = candidate.layout;
  std::string out = fmt::format(
      "layout: {{ tensor: {}, context: {}, pipeline: {}, chunks: {}, micro_batch: {},\n"
      "  global_batch: {}, sequence_parallel: {}, sharding: {}",
      layout.tensor, layout.context, layout.pipeline, layout.chunks, layout.micro_batch,
      layout.global_batch, layout.sequence_parallel, name_of(layout.sharding));
  if (layout.expert > 1 || layout.expert_tensor != layout.tensor) {
    out += fmt::format(",\n  expert: {}, expert_tensor: {}", layout.expert, layout.expert_tensor);
  }
  if (!layout.part_layers.empty()) {
    out += ",\n  part_layers: balanced";
  }
  return out + fmt::format(" }}\nschedule: {}\n", name_of(candidate.schedule)) +
         fmt::format("software: {{ recompute: {} }}\n", name_of(candidate.recompute));
}

}  // namespace cli
