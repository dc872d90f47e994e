// How throughput, or the time of a step, goes with the number of GPUs, and how near to the ideal.
//
// The ideal goes through the point of each line that has the fewest GPUs, n0, and fits into memory:
//
//   throughput      T0 n / n0, of tokens or of the model's FLOP
//   time of a step  t0 (W / W0) (n0 / n), with W the tokens of a step
//
// so W = W0 is strong scaling (the same batch on more GPUs), and W / W0 = n / n0 is weak scaling,
// whose ideal time is t0 for any n. Efficiency is throughput / ideal, or ideal / time: the same.
// Where models grow with the cluster, tokens do not compare: it is FLOP, as in D. Narayanan et al.,
// SC 2021, table 1.

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/chart_curves.hpp"
#include "cli/chart_kinds.hpp"
#include "cli/chart_rows.hpp"
#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

constexpr std::string_view time_key = "step_s";
constexpr std::string_view tokens_key = "tokens_per_s";
constexpr std::string_view flop_key = "cluster_flop_per_s";
constexpr std::array scaled_keys{tokens_key, flop_key, time_key};
constexpr std::string_view model_key = "model";
constexpr std::string_view gpus_key = "gpus";
constexpr double percent = 100;

/// Is there another model for other numbers of GPUs?
bool models_grow(const ResultRows& rows) {
  return rows.has(model_key) && is_decided_by(rows, model_key, gpus_key) &&
         levels_of(variable_of(rows, model_key)).size() > 1;
}

std::string y_key(const ResultRows& rows, const ChartRequest& request) {
  const std::string_view usual = rows.has(flop_key) && models_grow(rows) ? flop_key : tokens_key;
  const std::string key = request.y.value_or(std::string{usual});
  if (std::ranges::find(scaled_keys, key) == scaled_keys.end()) {
    throw sim::Error{std::string{"--y"},
                     fmt::format("no ideal is known for '{}' over GPUs\n  hint: {}", key,
                                 sim::suggestion(key, scaled_keys))};
  }
  if (key == tokens_key && usual == flop_key) {
    throw sim::Error{std::string{"--y"},
                     fmt::format("the models differ, so that their tokens do not compare\n"
                                 "  hint: {}",
                                 flop_key)};
  }
  return key;
}

/// What a step does: the model's FLOP where models grow, else tokens; nothing where rows do not
/// say.
std::vector<double> work_of(const ResultRows& rows) {
  const std::string_view key = models_grow(rows) ? flop_key : tokens_key;
  std::vector<double> work;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto rate = number_at(rows, row, key);
    const auto time = number_at(rows, row, time_key);
    if (!rate || !time || *rate <= 0 || *time <= 0) {
      return {};
    }
    work.push_back(*rate * *time);
  }
  return work;
}

/// The point that the ideal goes through: the first one that could be run, if there is one.
CurvePoint base_of(const Curve& curve) {
  const auto found = std::ranges::find(curve.points, Mark::filled,
                                       [](const CurvePoint& each) { return each.y.mark; });
  return found == curve.points.end() ? curve.points.front() : *found;
}

/// The ideals of lines, in the place of their results.
std::vector<Curve> ideals_of(const ResultRows& rows, std::vector<Curve> curves,
                             std::string_view key) {
  const std::vector<double> work = key == time_key ? work_of(rows) : std::vector<double>{};
  for (Curve& curve : curves) {
    const CurvePoint base = base_of(curve);
    for (CurvePoint& point : curve.points) {
      const double more = point.x / base.x;
      const double share = work.empty() ? 1 : work[point.rows.front()] / work[base.rows.front()];
      const double ideal = base.y.middle * (key == time_key ? share / more : more);
      point.y = {.middle = ideal, .least = ideal, .most = ideal};
    }
  }
  return curves;
}

double efficiency(double result, double ideal, std::string_view key) {
  return percent * (key != time_key ? result / ideal : ideal / result);
}

/// Ideals are dashed, below the results, in their colours; the legend has one line for all.
std::vector<Series> with_ideals(const std::vector<Series>& results, std::vector<Series> ideals) {
  for (Series& series : ideals) {
    series.name.clear();
    series.stroke = Stroke::dashed;
    series.has_marks = false;
  }
  std::vector<Series> all = std::move(ideals);
  std::ranges::copy(results, std::back_inserter(all));
  all.push_back(
      {.name = "ideal", .look = bound_look, .stroke = Stroke::dashed, .has_marks = false});
  return all;
}

Panel efficiency_panel(const Panel& above, const std::vector<Series>& results,
                       const std::vector<Series>& ideals, std::string_view key) {
  Panel panel{.x = above.x, .series = results};
  Extent extent;
  for (std::size_t i = 0; i < results.size(); ++i) {
    panel.series[i].name.clear();
    for (std::size_t j = 0; j < results[i].points.size(); ++j) {
      ChartPoint& point = panel.series[i].points[j];
      const double ideal = ideals[i].points[j].y;
      point.y = efficiency(point.y, ideal, key);
      const double one = efficiency(point.least, ideal, key);
      const double other = efficiency(point.most, ideal, key);
      point.least = std::min(one, other);
      point.most = std::max(one, other);
      extent.add(point.least);
      extent.add(point.most);
    }
  }
  constexpr double room = 1.1;
  panel.y = {.label = "efficiency (%)", .least = 0, .most = std::max(extent.most, percent) * room};
  return panel;
}

}  // namespace

Chart scaling_chart(const ResultRows& all, const ChartRequest& request) {
  const std::string gpus{gpus_key};
  const ResultRows run = ChartRows{all}.with_results().with("espalier plot", gpus).rows();
  const std::string key = y_key(run, request);
  const ChartRows chosen = ChartRows{all}
                               .with_results()
                               .with("espalier plot", gpus)
                               .with("--y", key)
                               .on({.x = true, .y = true}, gpus, key);
  const ResultRows& rows = chosen.rows();
  const Variable x = metric_of(rows, "espalier plot", gpus);
  const Variable y = metric_of(rows, "--y", key);
  if (levels_of(x).size() < 2) {
    throw sim::Error{std::string{"--kind"}, fmt::format("scaling is over numbers of GPUs, and all "
                                                        "rows that are left have {}",
                                                        x.text.front())};
  }
  const Groups groups = groups_of(rows, keys_of_groups(rows, request, gpus));
  const std::vector<Curve> curves = curves_of(rows, x, y, groups);
  const Shown shown_x{.key = gpus, .spacing = Spacing::logarithmic};
  const Shown shown_y = shown_as(y, Spacing::logarithmic);
  const std::vector<Series> results = series_of(curves, shown_x, shown_y);
  const std::vector<Series> ideals = series_of(ideals_of(rows, curves, key), shown_x, shown_y);
  Panel panel{.x = level_axis(x, Spacing::logarithmic), .series = with_ideals(results, ideals)};
  panel.y = metric_axis(shown_y, extent_of(panel.series));
  Panel below = efficiency_panel(panel, results, ideals, key);
  panel.x.label.clear();
  return {.title = fmt::format("{} against GPUs", name_of_key(key)),
          .notes = chosen.notes(),
          .body = Curves{.legend = groups.legend, .panels = {std::move(panel), std::move(below)}}};
}

}  // namespace cli
