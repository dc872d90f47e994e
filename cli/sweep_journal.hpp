#pragma once
// The points of a sweep that are done, kept through whatever ends the program.
//
// A directory has `journal/` with one file for every process that ever worked there. A line is one
// point; it is written in one go when the point is done, and never changed. What a kill or a full
// disk cut off in the middle is no line, and is not read.

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "cli/open_file.hpp"

namespace cli {

/// A point that is done.
struct FinishedPoint {
  std::string key;       // SweepPoint::key
  std::string scenario;  // 16 hexadecimal digits over all that the scenario reads
  std::string result;    // one line of JSON, without a line break
};

/// Is this what sweep_point.hpp says of a result?
[[nodiscard]] bool is_result(const nlohmann::ordered_json& json);

/// A line of a journal, with its line break; and the other way round, nothing if it is none.
[[nodiscard]] std::string to_line(const FinishedPoint& point);

/// By key.
using FinishedPoints = std::map<std::string, FinishedPoint>;

/// Adds those of the lines in `text`; of equal keys the later one counts.
void add_lines(std::string_view text, FinishedPoints& points);

/// All lines of the journals below a directory, or of none if there is no such directory.
[[nodiscard]] std::string read_journals(const std::filesystem::path& directory);

/// A journal of this process alone.
class Journal {
 public:
  /// Makes `directory`, and in its journal/ a file that nobody else has. Throws sim::Failure.
  explicit Journal(const std::filesystem::path& directory);

  /// Throws sim::Failure if the line cannot be written whole.
  void add(const FinishedPoint& point);

 private:
  OpenFile file_;
};

}  // namespace cli
