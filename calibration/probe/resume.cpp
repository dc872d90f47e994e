#include "calibration/probe/resume.hpp"

#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/error.hpp"
#include "sim/text_file.hpp"

namespace probe {

Begun read_begun(const std::string& path, const calibration::SampleHeader& now) {
  if (!std::filesystem::exists(path) || !std::filesystem::is_regular_file(path)) {
    return {};
  }
  constexpr std::size_t size_most = std::size_t{256} << 20;
  auto log = calibration::parse_sample_log(path, sim::read_text_file(path, size_most));
  if (!log) {
    return {};
  }
  const calibration::SampleHeader& then = log->header;
  if (then.gpu_uuid != now.gpu_uuid) {
    throw sim::Error{path,
                     fmt::format("these are samples of another GPU: {} ({}); here is {} ({})\n"
                                 "  hint: write to another file, or delete this one",
                                 then.gpu, then.gpu_uuid, now.gpu, now.gpu_uuid)};
  }
  if (then.plan != now.plan) {
    throw sim::Error{path, fmt::format("these are samples of plan {}; this program has plan {}\n"
                                       "  hint: write to another file, or delete this one",
                                       then.plan, now.plan)};
  }
  return {.has_header = true, .whole_bytes = log->whole_bytes, .samples = std::move(log->samples)};
}

std::size_t skip_finished(std::vector<Group>& plan,
                          const std::vector<calibration::Sample>& finished) {
  std::set<std::string> keys;
  for (const calibration::Sample& sample : finished) {
    keys.insert(sample.key.text());
  }
  std::size_t skipped = 0;
  for (Group& group : plan) {
    skipped += std::erase_if(group.points,
                             [&](const Point& point) { return keys.contains(point.key.text()); });
  }
  return skipped;
}

}  // namespace probe
