#include "cli/picture_file.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/atomic_file.hpp"
#include "cli/chart_script.hpp"
#include "cli/plot.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

constexpr std::array<std::string_view, 4> formats{"svg", "png", "pdf", "gp"};

}  // namespace

std::string_view picture_format(std::string_view option, const std::filesystem::path& target) {
  const std::string ending = target.extension().string();
  const auto* const format = std::ranges::find_if(
      formats, [&](std::string_view each) { return ending == fmt::format(".{}", each); });
  if (format == formats.end()) {
    throw sim::Error{std::string{option}, fmt::format("'{}' is no picture: expected .{}",
                                                      target.string(), fmt::join(formats, ", ."))};
  }
  return *format;
}

void write_picture(const Chart& chart, const std::filesystem::path& target) {
  const std::string_view format = picture_format("picture", target);
  const std::string script = chart_script(chart);
  const PictureSize size{.width = picture_width, .height = chart_height(chart)};
  write_file_atomically(target, format == "gp" ? script : render_script(script, format, size));
}

}  // namespace cli
