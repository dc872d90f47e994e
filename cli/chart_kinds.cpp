#include "cli/chart_kinds.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/chart_rows.hpp"
#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "sim/text_list.hpp"

namespace cli {
namespace {

struct Kind {
  Chart (*make)(const ResultRows&, const ChartRequest&);
  std::string_view options;  // besides those of all kinds
};

// In the order of ChartKind.
constexpr std::array kinds{
    Kind{line_chart, "x y group log"},
    Kind{scaling_chart, "y group"},
    Kind{busbw_chart, "group log"},
    Kind{breakdown_chart, ""},
    Kind{heatmap_chart, "x y group log"},
    Kind{pareto_chart, "x y group log maximise"},
    Kind{tornado_chart, "y"},
};
static_assert(kinds.size() == chart_kind_names.size());

void check_options(const Kind& kind, const ChartRequest& request) {
  const std::string_view name = chart_kind_names.at(static_cast<std::size_t>(request.kind));
  const std::vector<std::string_view> meant = sim::split(kind.options, ' ');
  const auto check = [&](std::string_view option, bool is_given) {
    if (is_given && std::ranges::find(meant, option) == meant.end()) {
      throw sim::Error{
          fmt::format("--{}", option),
          fmt::format("a chart of the kind '{}' has no such option{}{}", name,
                      kind.options.empty() ? "" : "\n  hint: it has --", fmt::join(meant, ", --"))};
    }
  };
  check("x", request.x.has_value());
  check("y", request.y.has_value());
  check("group", request.group.has_value());
  check("log", request.log.has_value());
  check("maximise", !request.maximised.empty());
}

/// Has anything a hollow mark?
bool has_hollow(const Curves& curves) {
  return std::ranges::any_of(curves.panels, [](const Panel& panel) {
    return std::ranges::any_of(panel.series, [](const Series& series) {
      return std::ranges::find(series.points, Mark::hollow, &ChartPoint::mark) !=
             series.points.end();
    });
  });
}

/// Do points stand for several seeds?
bool has_spread(const Curves& curves) {
  return std::ranges::any_of(curves.panels, [](const Panel& panel) {
    return std::ranges::any_of(panel.series, [](const Series& series) {
      return std::ranges::any_of(series.points,
                                 [](const ChartPoint& each) { return each.least < each.most; });
    });
  });
}

/// What the marks mean, if that needs to be said.
std::string explanation(const Chart& chart) {
  if (const auto* const curves = std::get_if<Curves>(&chart.body)) {
    std::vector<std::string_view> parts;
    if (has_spread(*curves)) {
      parts.emplace_back("medians of seeds, from the least to the most");
    }
    if (has_hollow(*curves)) {
      parts.emplace_back("hollow: does not fit into memory");
    }
    return fmt::format("{}", fmt::join(parts, "; "));
  }
  if (const auto* const heatmap = std::get_if<Heatmap>(&chart.body)) {
    const bool has_grey = std::ranges::find(heatmap->fields, Mark::hollow, &Heatmap::Field::mark) !=
                          heatmap->fields.end();
    return has_grey ? "grey: does not fit into memory" : "";
  }
  return "";
}

std::string subtitle_of(const Chart& chart, const ChartRequest& request) {
  std::vector<std::string> parts{request.source};
  if (!chart.subtitle.empty()) {
    parts.push_back(chart.subtitle);
  } else {
    for (const Condition& condition : request.where) {
      parts.push_back(fmt::format("{} {}", condition.key, text_of(condition.value)));
    }
  }
  parts.push_back(explanation(chart));
  std::erase(parts, "");
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

void check_chart_options(const ChartRequest& request) {
  check_options(kinds.at(static_cast<std::size_t>(request.kind)), request);
}

Chart make_chart(const ResultRows& all, const ChartRequest& request) {
  sim::require(all.size() > 0, "make_chart: a row");
  const Kind& kind = kinds.at(static_cast<std::size_t>(request.kind));
  check_options(kind, request);
  // Of a tornado, conditions name the base.
  const bool chooses = request.kind != ChartKind::tornado;
  Chart chart = kind.make(chooses ? rows_where(all, request.where) : all, request);
  chart.title = request.title.value_or(chart.title);
  chart.subtitle = subtitle_of(chart, request);
  return chart;
}

}  // namespace cli
