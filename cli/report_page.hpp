#pragma once
// A sweep's results as one page that needs nothing else.

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/report_columns.hpp"
#include "cli/report_point.hpp"
#include "cli/sweep_origin.hpp"

namespace cli {

/// All that a page shows.
struct Report {
  SweepOrigin origin;
  std::string description{};                                  // of the sweep; may be empty
  std::optional<std::pair<std::string, std::string>> base{};  // its name and its text, if a file
  std::size_t points = 0;
  std::size_t left_out = 0;                                     // combinations that the sweep skips
  std::vector<std::pair<std::string, std::size_t>> statuses{};  // how many points ended how
  std::size_t unfit = 0;                                        // points that ran, but do not fit
  std::optional<std::size_t> best{};
  bool have_same_tokens = true;  // else the best one is only the one with the shortest step
  ReportTable table{};           // of the points that are in the page
  std::optional<PointReport> point{};
  std::vector<std::string> options{};        // of the command, as words of a shell
  std::vector<std::string> table_options{};  // of these, which concern all of the page's points
};

/// The same bytes for the same report. The page loads nothing, and says so to the browser.
[[nodiscard]] std::string report_page(const Report& report);

/// What the page's own program reads.
[[nodiscard]] nlohmann::ordered_json page_data(const Report& report);

/// A word of a command line, in quotes where a shell would take it apart.
[[nodiscard]] std::string shell_word(const std::string& word);

}  // namespace cli
