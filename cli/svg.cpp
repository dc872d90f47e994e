#include "cli/svg.hpp"

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "cli/html.hpp"

namespace cli {
namespace {

constexpr std::array<std::string_view, 3> anchor_names{"start", "middle", "end"};

std::string tip_element(std::string_view tip) {
  return tip.empty() ? std::string{} : fmt::format("<title>{}</title>", escape_html(tip));
}

}  // namespace

void Svg::line(Spot from, Spot to, double width, std::string_view looks, std::string_view tip) {
  fmt::format_to(std::back_inserter(out_),
                 R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}")"
                 R"( stroke-width="{:.1f}">{}</line>)"
                 "\n",
                 from.x, from.y, to.x, to.y, looks, width, tip_element(tip));
}

void Svg::box(Spot middle, Spot size, std::string_view looks, std::string_view tip) {
  fmt::format_to(std::back_inserter(out_),
                 R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="4" class="{}">)"
                 "{}</rect>\n",
                 middle.x - (size.x / 2), middle.y - (size.y / 2), size.x, size.y, looks,
                 tip_element(tip));
}

void Svg::words(Spot at, Anchor anchor, std::string_view looks, std::string_view text) {
  fmt::format_to(std::back_inserter(out_),
                 R"(<text x="{:.1f}" y="{:.1f}" dy="0.35em" text-anchor="{}" class="{}">{}</text>)"
                 "\n",
                 at.x, at.y, anchor_names.at(static_cast<std::size_t>(anchor)), looks,
                 escape_html(text));
}

std::string Svg::finish(Spot size, std::string_view title, std::string_view description) const {
  return fmt::format(
      R"(<svg role="img" aria-labelledby="network-title network-text" width="{0:.0f}")"
      R"( height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}">)"
      "\n<title id=\"network-title\">{2}</title>\n<desc id=\"network-text\">{3}</desc>\n{4}</svg>",
      size.x, size.y, escape_html(title), escape_html(description), out_);
}

}  // namespace cli
