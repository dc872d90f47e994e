#pragma once
// A picture in a page: lines, boxes and words. Looks are classes of the page's style sheet.

#include <cstdint>
#include <string>
#include <string_view>

namespace cli {

/// In pixels, y downwards.
struct Spot {
  double x = 0;
  double y = 0;
};

class Svg {
 public:
  /// A line of that width, with a tip that says `tip`.
  void line(Spot from, Spot to, double width, std::string_view looks, std::string_view tip);

  /// A box around its middle.
  void box(Spot middle, Spot size, std::string_view looks, std::string_view tip);

  enum class Anchor : std::uint8_t { start, middle, end };
  /// Words that are as high as a line of text, their middle at `at`.
  void words(Spot at, Anchor anchor, std::string_view looks, std::string_view text);

  /// All of it, from (0, 0) to `size`. `title` and `description` are for those who cannot see it.
  [[nodiscard]] std::string finish(Spot size, std::string_view title,
                                   std::string_view description) const;

 private:
  std::string out_;
};

}  // namespace cli
