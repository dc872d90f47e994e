#pragma once
// What config.hpp reads: a YAML document as a tree that knows where everything stands.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

inline constexpr std::size_t config_size_max = std::size_t{16} << 20;  // bytes
inline constexpr std::size_t config_depth_max = 64;

/// The text that trees point into.
struct Document {
  std::string file;
  std::string text;
};

/// One value: a word, a list, a mapping, or nothing. Lines and columns count from 0.
struct ConfigTree {
  enum class Kind : std::uint8_t { empty, scalar, list, map };
  using Pointer = std::shared_ptr<const ConfigTree>;
  struct Entry {
    std::string key;
    int line = 0;
    int column = 0;
    Pointer value;
  };

  std::shared_ptr<const Document> document;
  int line = 0;
  int column = 0;
  Kind kind = Kind::empty;
  std::string text;            // of a scalar
  std::vector<Pointer> items;  // of a list
  std::vector<Entry> entries;  // of a map
};

/// Reads one YAML document. Throws sim::Error at what is not accepted.
[[nodiscard]] std::shared_ptr<const ConfigTree> parse_tree(const std::string& file,
                                                           const std::string& text);

/// `tree` with the value at the dotted `path` replaced by `value`; missing maps on the way are
/// made. Throws sim::Error, at `value`, if something else than a mapping is in the way.
[[nodiscard]] std::shared_ptr<const ConfigTree> replaced(
    const std::shared_ptr<const ConfigTree>& tree, std::string_view path,
    const std::shared_ptr<const ConfigTree>& value);

/// One line that is equal for trees that differ only in layout, comments and order of keys.
[[nodiscard]] std::string canonical_text(const ConfigTree& tree);

/// Throws a sim::Error that shows the place.
[[noreturn]] void fail_at(const Document& document, int line, int column, std::string_view message,
                          std::string_view hint);

}  // namespace sim
