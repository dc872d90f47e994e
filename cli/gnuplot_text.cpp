#include "cli/gnuplot_text.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

/// The text with what is no UTF-8 replaced.
std::string readable(std::string_view text) {
  using Json = nlohmann::json;
  const std::string written =
      Json{std::string{text}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(written).front().get<std::string>();
}

std::string in_double_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    // Ends the string, begins an escape, runs a command, expands a macro.
    const bool is_special = std::string_view{"\"\\`@"}.find(letter) != std::string_view::npos;
    out += is_special ? fmt::format("\\{:o}", static_cast<unsigned>(letter)) : std::string{letter};
  }
  return out + '"';
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = readable(text);
  std::ranges::replace_if(out, [](unsigned char letter) { return std::iscntrl(letter) != 0; }, ' ');
  return out.find('\'') == std::string::npos ? fmt::format("'{}'", out) : in_double_quotes(out);
}

std::string shortened(std::string_view text, std::size_t longest) {
  constexpr std::string_view dots = "...";
  if (text.size() <= longest) {
    return std::string{text};
  }
  const std::size_t kept = longest - std::min(longest, dots.size());
  // What is left of a letter of several bytes, quoted() replaces.
  return std::string{text.substr(0, kept)} + std::string{dots};
}

}  // namespace cli
