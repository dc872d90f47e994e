#include "cli/chart_curves.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "sim/error.hpp"

namespace cli {

void check_count(const Groups& groups) {
  if (groups.names.size() > curves_most) {
    throw sim::Error{
        std::string{"--group"},
        fmt::format("{} groups are too many, at most {}: '{}', '{}', ...\n  hint: --where",
                    groups.names.size(), curves_most, groups.names[0], groups.names[1])};
  }
}

std::vector<Curve> curves_of(const ResultRows& rows, const Variable& x, const Variable& y,
                             const Groups& groups) {
  check_count(groups);
  std::vector<std::map<double, std::vector<std::size_t>>> places(groups.names.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    places[groups.of_row[row]][x.at[row]].push_back(row);
  }
  std::vector<Curve> out;
  for (std::size_t group = 0; group < places.size(); ++group) {
    Curve curve{.name = groups.names[group]};
    for (auto& [at, same] : places[group]) {
      const Spread spread = spread_of(rows, y, same);
      curve.points.push_back({.x = at, .y = spread, .rows = std::move(same)});
    }
    out.push_back(std::move(curve));
  }
  return out;
}

std::vector<std::string> keys_of_groups(const ResultRows& rows, const ChartRequest& request,
                                        const std::string& x) {
  if (request.group) {
    rows.expect_key("--group", *request.group);
    return {*request.group};
  }
  std::vector<std::string> keys = varying_axes(rows);
  std::erase_if(keys, [&](const std::string& key) {
    return key == x || key == seed_key || is_decided_by(rows, key, x);
  });
  return keys;
}

std::vector<Series> series_of(const std::vector<Curve>& curves, const Shown& x, const Shown& y) {
  std::vector<Series> out;
  for (const Curve& curve : curves) {
    Series series{.name = curve.name, .look = out.size()};
    for (const CurvePoint& point : curve.points) {
      series.points.push_back({.x = x(point.x),
                               .y = y(point.y.middle),
                               .least = y(point.y.least),
                               .most = y(point.y.most),
                               .mark = point.y.mark});
    }
    out.push_back(std::move(series));
  }
  return out;
}

Extent extent_of(const std::vector<Series>& series) {
  Extent extent;
  for (const Series& each : series) {
    for (const ChartPoint& point : each.points) {
      extent.add(point.least);
      extent.add(point.most);
    }
  }
  return extent;
}

}  // namespace cli
