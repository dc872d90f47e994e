#include "cli/validation.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/contract.hpp"

namespace cli {

ErrorSummary summarise(const std::vector<Compared>& rows) {
  sim::require(!rows.empty(), "a table has rows");
  std::vector<double> errors;
  double log_sum = 0;
  double sum = 0;
  for (const Compared& row : rows) {
    errors.push_back(std::abs(row.error()));
    sum += errors.back();
    log_sum += std::abs(std::log(row.predicted / row.reference));
  }
  std::ranges::sort(errors);
  const auto count = static_cast<double>(errors.size());
  return {.geometric_mean = std::exp(log_sum / count) - 1,
          .mean = sum / count,
          .median = (errors[(errors.size() - 1) / 2] + errors[errors.size() / 2]) / 2,
          .p95 = errors[errors.size() * 95 / 100],
          .worst = errors.back()};
}

std::string summary_line(const ComparedTable& table) {
  const ErrorSummary summary = summarise(table.rows);
  return fmt::format(
      "{}: {} rows, off by {:.2f}% (geometric mean), {:.2f}% (median), {:.1f}% (95th percentile), "
      "{:.1f}% (worst)",
      table.name, table.rows.size(), 100 * summary.geometric_mean, 100 * summary.median,
      100 * summary.p95, 100 * summary.worst);
}

std::string label_of(const RowIdentity& identity) {
  constexpr std::size_t most = 44;
  std::string text;
  for (const auto& [column, value] : identity) {
    text += (text.empty() ? "" : " ") + value;
  }
  return text.size() > most ? text.substr(0, most) : text;
}

nlohmann::ordered_json to_json(const Comparisons& comparisons) {
  auto rows = nlohmann::ordered_json::array();
  auto summaries = nlohmann::ordered_json::array();
  for (const ComparedTable& table : comparisons.tables) {
    for (const Compared& row : table.rows) {
      nlohmann::ordered_json json{{"table", table.name}};
      for (const auto& [column, value] : row.identity) {
        json[column] = value;
      }
      json["predicted"] = row.predicted;
      json["reference"] = row.reference;
      json["error"] = row.error();
      rows.push_back(std::move(json));
    }
    const ErrorSummary summary = summarise(table.rows);
    summaries.push_back({{"name", table.name},
                         {"rows", table.rows.size()},
                         {"mean_abs_error", summary.mean},
                         {"median_abs_error", summary.median},
                         {"p95_abs_error", summary.p95},
                         {"worst_abs_error", summary.worst},
                         {"geometric_mean_error", summary.geometric_mean}});
  }
  nlohmann::ordered_json out{{"rows", rows}, {"tables", summaries}};
  for (const UncomparedRow& row : comparisons.passed_over) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const auto& [column, value] : row.identity) {
      json[column] = value;
    }
    json["reason"] = row.reason;
    out["passed_over"].push_back(std::move(json));
  }
  return out;
}

}  // namespace cli
