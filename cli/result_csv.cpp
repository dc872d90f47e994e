#include "cli/result_csv.hpp"

#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include "cli/version.hpp"
#include "sim/contract.hpp"

namespace cli {
namespace {

/// The shortest text that reads back as the same double.
std::string number(double value) {
  sim::require(std::isfinite(value), "to_csv: finite numbers");
  return fmt::format("{}", value);
}

std::string common_fields(const Comparison& comparison) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{}", csv_field(comparison.collective),
                     csv_field(comparison.topology), comparison.ranks,
                     csv_field(comparison.network), csv_field(comparison.routing), comparison.seed,
                     csv_field(comparison.scenario_hash), csv_field(comparison.profile),
                     csv_field(comparison.provenance), version);
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string{text};
  }
  std::string out = "\"";
  for (const char letter : text) {
    out += letter;
    if (letter == '"') {
      out += '"';
    }
  }
  return out + '"';
}

std::string to_csv(const Comparison& comparison) {
  std::string out =
      "algorithm,bytes,time_s,algbw_Bps,busbw_Bps,speedup,lower_bound_s,above_lower_bound,"
      "busiest_link,busiest_utilisation,messages,method,"
      "collective,topology,ranks,network,routing,seed,scenario_hash,profile,provenance,"
      "version\n";
  const std::string common = common_fields(comparison);
  for (const Row& row : comparison.rows) {
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.algorithm),
                       row.bytes.count(), number(row.time_s), number(row.algbw_Bps),
                       number(row.busbw_Bps), number(row.speedup), number(row.lower_bound_s),
                       number(row.above_bound), csv_field(row.busiest_link),
                       number(row.busiest_utilisation), row.messages, row.method, common);
  }
  return out;
}

std::string links_to_csv(const Comparison& comparison) {
  std::string out =
      "algorithm,bytes,link,from,to,bandwidth_Bps,link_bytes,busy_s,utilisation,network,seed,"
      "scenario_hash,version\n";
  const std::string common =
      fmt::format("{},{},{},{}", csv_field(comparison.network), comparison.seed,
                  csv_field(comparison.scenario_hash), version);
  for (const Row& row : comparison.rows) {
    for (std::size_t i = 0; i < row.links.size(); ++i) {
      const LinkReport& link = row.links[i];
      out += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.algorithm),
                         row.bytes.count(), i, csv_field(link.from), csv_field(link.to),
                         link.bandwidth.count(), number(link.bytes), number(link.busy_s),
                         number(link.utilisation), common);
    }
  }
  return out;
}

}  // namespace cli
