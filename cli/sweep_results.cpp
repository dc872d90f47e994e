#include "cli/sweep_results.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/result_csv.hpp"
#include "sim/contract.hpp"
#include "sim/quantity_text.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

/// A value of an axis as what it looks like.
Json value_of(const std::string& text) {
  if (const auto integer = sim::parse_integer(text); integer.value) {
    return *integer.value;
  }
  if (const auto number = sim::parse_number(text); number.value) {
    return *number.value;
  }
  if (text == "true" || text == "false") {
    return text == "true";
  }
  return text;
}

std::string cell_of(const Json& value) {
  if (value.is_null()) {
    return {};
  }
  return csv_field(value.is_string() ? value.get<std::string>() : value.dump());
}

/// The key of the time that a row is about.
std::string_view time_key(const Json& row) {
  return row.contains("step_s") ? "step_s" : "time_s";
}

/// Columns of a row of the summary, of equal width whatever the point.
std::string label_of(const Json& row, std::size_t width) {
  std::string out;
  for (const auto& [key, value] : row["axes"].items()) {
    const std::string_view last = std::string_view{key}.substr(key.rfind('.') + 1);
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", last,
                       value.is_string() ? value.get<std::string>() : value.dump());
  }
  return out.size() <= width ? out : out.substr(0, width - 3) + "...";
}

/// Without the place in the file, which may be another one at each point.
std::string without_place(std::string_view reason) {
  constexpr std::string_view mark = "error: ";
  const std::size_t place = reason.find(mark);
  return std::string{place == std::string_view::npos ? reason : reason.substr(place + mark.size())};
}

/// How often a reason was given.
std::string line_of(std::size_t count, std::string_view reason) {
  constexpr std::size_t most = 79;
  return fmt::format("  {} x {}", count, reason).substr(0, most) + '\n';
}

std::string ranking_of(const SweepRows& rows, std::size_t most) {
  std::vector<const Json*> ranked;
  for (const Json& row : rows) {
    if (row["status"] == "ok" && row.value("fits", true)) {
      ranked.push_back(&row);
    }
  }
  std::ranges::stable_sort(ranked, {}, [](const Json* row) {
    return row->at(std::string{time_key(*row)}).get<double>();
  });
  ranked.resize(std::min(ranked.size(), most));
  constexpr std::size_t width = 44;
  const bool are_steps = !ranked.empty() && ranked.front()->contains("step_s");
  std::string out;
  if (!ranked.empty()) {
    out = fmt::format("\n{:>6}  {:<{}}{:>12}{:>14}\n", "point", "fastest", width,
                      are_steps ? "step" : "time", are_steps ? "MFU" : "busbw");
  }
  for (const Json* const row : ranked) {
    const double seconds = row->at(std::string{time_key(*row)}).get<double>();
    constexpr double percent = 100;
    out += fmt::format("{:>6}  {:<{}}{:>12}{:>14}\n", row->at("point").get<std::size_t>(),
                       label_of(*row, width), width, sim::to_text_si(seconds, "s"),
                       are_steps ? fmt::format("{:.1f} %", percent * row->at("mfu").get<double>())
                                 : sim::to_text_si(row->at("busbw_Bps").get<double>(), "B/s"));
  }
  return out;
}

}  // namespace

std::vector<std::size_t> missing_points(const Sweep& sweep, const FinishedPoints& done) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    if (!done.contains(sweep.points[i].key)) {
      out.push_back(i);
    }
  }
  return out;
}

nlohmann::ordered_json axes_of(const SweepPoint& point) {
  Json axes = Json::object();
  for (const auto& [key, text] : point.values) {
    axes[key] = value_of(text);
  }
  return axes;
}

SweepRows result_rows(const Sweep& sweep, const FinishedPoints& done) {
  SweepRows rows;
  rows.reserve(sweep.points.size());
  for (const SweepPoint& point : sweep.points) {
    const auto found = done.find(point.key);
    sim::require(found != done.end(), "results of all points are there");
    Json row{{"point", rows.size()}};
    row["axes"] = axes_of(point);
    const Json result = Json::parse(found->second.result);
    for (const auto& [key, value] : result.items()) {
      row[key] = value;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string to_json_lines(const SweepRows& rows) {
  std::string out;
  for (const Json& row : rows) {
    out += row.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  }
  return out;
}

std::string to_csv(const SweepRows& rows) {
  const Json axes = rows.empty() ? Json::object() : rows.front().at("axes");
  std::vector<std::string> columns;
  for (const Json& row : rows) {
    for (const auto& [key, value] : row.items()) {
      if (key != "axes" && !axes.contains(key) &&
          std::ranges::find(columns, key) == columns.end()) {
        columns.push_back(key);
      }
    }
  }
  std::string out = "point";
  for (const auto& [key, value] : axes.items()) {
    out += ',' + csv_field(key);
  }
  for (const std::string& column : columns) {
    out += column == "point" ? "" : ',' + csv_field(column);
  }
  out += '\n';
  for (const Json& row : rows) {
    out += cell_of(row["point"]);
    for (const auto& [key, value] : row["axes"].items()) {
      out += ',' + cell_of(value);
    }
    for (const std::string& column : columns) {
      if (column != "point") {
        out += ',' + (row.contains(column) ? cell_of(row[column]) : std::string{});
      }
    }
    out += '\n';
  }
  return out;
}

std::string summary_of(const Sweep& sweep, const SweepRows& rows, std::size_t most) {
  std::map<std::string, std::size_t> statuses;
  std::map<std::string, std::size_t> messages;
  std::size_t unfit = 0;
  for (const Json& row : rows) {
    ++statuses[row["status"].get<std::string>()];
    unfit += row["status"] == "ok" && !row.value("fits", true) ? 1U : 0U;
    if (row.contains("message")) {
      ++messages[without_place(row["message"].get<std::string>())];
    }
  }
  std::string out = fmt::format("{} points", rows.size());
  for (const auto& [status, count] : statuses) {
    out += fmt::format(", {} {}", count, status);
  }
  out += unfit > 0 ? fmt::format(" ({} of them do not fit into memory)", unfit) : "";
  out += sweep.skipped > 0 ? fmt::format(", {} left out", sweep.skipped) : "";
  out += '\n';
  constexpr std::size_t shown = 5;
  std::vector<std::pair<std::string, std::size_t>> reasons{messages.begin(), messages.end()};
  std::ranges::stable_sort(reasons, std::greater{}, &std::pair<std::string, std::size_t>::second);
  for (std::size_t i = 0; i < std::min(reasons.size(), shown); ++i) {
    out += line_of(reasons[i].second, reasons[i].first);
  }
  out +=
      reasons.size() > shown ? fmt::format("  and {} other reasons\n", reasons.size() - shown) : "";
  return out + ranking_of(rows, most);
}

}  // namespace cli
