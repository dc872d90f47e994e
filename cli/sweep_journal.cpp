#include "cli/sweep_journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/atomic_file.hpp"
#include "sim/text_file.hpp"
#include "sim/text_list.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

/// A name that no file has yet: by host and process, as several may work in one directory.
fs::path new_name(const fs::path& directory) {
  constexpr std::size_t longest = 256;
  std::string host(longest, '\0');
  if (::gethostname(host.data(), host.size() - 1) != 0) {
    host = "host";
  }
  host.resize(std::min(host.find('\0'), host.size()));
  for (int number = 1;; ++number) {
    fs::path path = directory / fmt::format("{}-{}-{}.jsonl", host, ::getpid(), number);
    if (!fs::exists(path)) {
      return path;
    }
  }
}

fs::path made(const fs::path& directory) {
  make_directory(directory / "journal");
  return new_name(directory / "journal");
}

}  // namespace

bool is_result(const nlohmann::ordered_json& json) {
  const auto has_text = [&](const char* key) {
    return json.contains(key) && json[key].is_string();
  };
  const auto has_number = [&](const char* key) {
    return json.contains(key) && json[key].is_number();
  };
  if (!json.is_object() || !has_text("scenario") || !has_text("status")) {
    return false;
  }
  return json["status"] != "ok" || (has_number("step_s") && has_number("mfu")) ||
         (has_number("time_s") && has_number("busbw_Bps"));
}

std::string to_line(const FinishedPoint& point) {
  // The end of a line tells that it is whole.
  return fmt::format(R"({{"key":"{}","scenario":"{}","result":{}}})", point.key, point.scenario,
                     point.result) +
         "\n";
}

void add_lines(std::string_view text, FinishedPoints& points) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return;  // cut off
    }
    const auto line = nlohmann::ordered_json::parse(text.substr(0, end), nullptr, false);
    text.remove_prefix(end + 1);
    if (line.is_object() && line.contains("key") && line.contains("scenario") &&
        line.contains("result") && line["key"].is_string() && line["scenario"].is_string() &&
        is_result(line["result"])) {
      const auto key = line["key"].get<std::string>();
      points[key] = {key, line["scenario"].get<std::string>(), line["result"].dump()};
    }
  }
}

std::string read_journals(const fs::path& directory) {
  std::vector<fs::path> paths;
  if (fs::is_directory(directory / "journal")) {
    for (const auto& entry : fs::directory_iterator{directory / "journal"}) {
      if (entry.path().extension() == ".jsonl") {
        paths.push_back(entry.path());
      }
    }
  }
  std::ranges::sort(paths);
  std::string out;
  for (const fs::path& path : paths) {
    out += sim::read_text_file(path.string(), std::numeric_limits<std::size_t>::max());
    // What was cut off ends here, and not in the first line of the next file.
    out += '\n';
  }
  return out;
}

Journal::Journal(const fs::path& directory)
    : file_{made(directory), O_EXCL | O_APPEND, directory / "journal"} {}

void Journal::add(const FinishedPoint& point) {
  file_.write(to_line(point));
}

}  // namespace cli
