#pragma once
// A JSON file the user wrote, read strictly, with errors that point into it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace cli {

/// A JSON document and the text it was read from.
struct JsonSource {
  std::string file;  // names it in errors
  std::string text;
  int line = 1;  // of the file, where the text begins
};

/// Reads `source`. Throws sim::Error for what is not JSON, for a key given twice (the library would
/// keep the last one), and for more than 64 levels.
[[nodiscard]] nlohmann::ordered_json parse_json(const JsonSource& source);

/// A value in a document, and the way to it: "cases[2].flows[0].size_bytes".
class JsonPlace {
 public:
  /// Both outlive this.
  JsonPlace(const JsonSource& source, const nlohmann::ordered_json& value)
      : source_{&source}, value_{&value} {}

  [[nodiscard]] const nlohmann::ordered_json& value() const { return *value_; }

  /// Throws a sim::Error that points here.
  [[noreturn]] void fail(std::string_view what) const;

  /// The value under `key`, which must be there; `has` asks.
  [[nodiscard]] JsonPlace at(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const;

  /// An entry of a list, which must be there.
  [[nodiscard]] JsonPlace at(std::size_t index) const;

  /// The number of entries. Throws unless this is a list.
  [[nodiscard]] std::size_t size() const;

  /// Throws if a key is not among those allowed.
  void expect_keys(std::span<const std::string_view> allowed) const;

  [[nodiscard]] double number(double least, double most) const;
  [[nodiscard]] std::int64_t integer() const;

 private:
  JsonPlace(const JsonSource& source, const nlohmann::ordered_json& value, std::string path)
      : source_{&source}, value_{&value}, path_{std::move(path)} {}

  const JsonSource* source_;
  const nlohmann::ordered_json* value_;
  std::string path_;  // empty for the whole document
};

}  // namespace cli
