#include "cli/json_input.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int depth_max = 64;

/// The file, and the line if it is one of many documents.
std::string name_of(const JsonSource& source) {
  return source.line == 1 ? source.file : fmt::format("{}:{}", source.file, source.line);
}

/// Refuses, while the library parses, what it would let pass.
class StrictParse {
 public:
  explicit StrictParse(const JsonSource& source) : source_{&source} {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > depth_max) {
      throw sim::Error{name_of(*source_), fmt::format("nested deeper than {} levels", depth_max)};
    }
    const auto level = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start) {
      keys_.resize(std::max(keys_.size(), level + 2));
      keys_[level + 1].clear();
    } else if (event == Json::parse_event_t::key &&
               !keys_[level].insert(parsed.get<std::string>()).second) {
      throw sim::Error{name_of(*source_),
                       fmt::format("the key '{}' is given twice", parsed.get<std::string>())};
    }
    return true;
  }

 private:
  const JsonSource* source_;
  std::vector<std::set<std::string>> keys_;  // of the open objects, by depth
};

/// The characters of a text; `*read` counts those that were read.
class CountingIterator {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the names that std::iterator_traits looks for
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  // NOLINTEND(readability-identifier-naming)

  CountingIterator(std::string_view::const_iterator at, std::size_t& read)
      : at_{at}, read_{&read} {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*read_;
    return *this;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }

 private:
  std::string_view::const_iterator at_;
  std::size_t* read_;
};

/// Parses a text once more and notes where the value with a given path begins. The library tells
/// no places; but when it reports a value it has read just that far, or one character on.
class Locator final : public nlohmann::json_sax<Json> {
 public:
  Locator(std::string_view text, std::string_view path) : text_{text}, path_{path} {}

  std::optional<std::size_t> find() {
    const CountingIterator begin{text_.begin(), read_};
    const CountingIterator end{text_.end(), read_};
    Json::sax_parse(begin, end, this);
    return found_;
  }

  bool null() override { return on_value(); }
  bool boolean(bool /*value*/) override { return on_value(); }
  bool number_integer(number_integer_t /*value*/) override { return on_value(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return on_value(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return on_value();
  }
  bool string(string_t& /*value*/) override { return on_value(); }
  bool binary(binary_t& /*value*/) override { return on_value(); }
  bool start_object(std::size_t /*size*/) override { return open({}); }
  bool key(string_t& name) override {
    open_.back().key = name;
    last_ = read_;
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open({.index = 0, .key = {}}); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  /// An object or a list that is being read: the key, or the number, of the value that comes next.
  struct Level {
    std::optional<std::size_t> index{};
    std::string key{};
  };

  [[nodiscard]] std::string path() const {
    std::string out;
    for (const Level& level : open_) {
      if (level.index) {
        out += fmt::format("[{}]", *level.index);
      } else {
        out += fmt::format("{}{}", out.empty() ? "" : ".", level.key);
      }
    }
    return out;
  }

  /// Goes on until the value is found.
  bool note() {
    if (path() == path_) {
      found_ = std::min(text_.find_first_not_of(" \t\r\n:,", last_), text_.size() - 1);
    }
    last_ = read_;
    return !found_;
  }
  void step() {
    if (!open_.empty() && open_.back().index) {
      ++*open_.back().index;
    }
  }
  bool on_value() {
    const bool go_on = note();
    step();
    return go_on;
  }
  bool open(Level level) {
    const bool go_on = note();
    open_.push_back(std::move(level));
    return go_on;
  }
  bool close() {
    open_.pop_back();
    step();
    last_ = read_;
    return true;
  }

  std::string_view text_;
  std::string_view path_;
  std::size_t read_ = 0;
  std::size_t last_ = 0;  // how far the value before this one went
  std::vector<Level> open_;
  std::optional<std::size_t> found_;
};

sim::SourcePos position(const JsonSource& source, std::size_t offset) {
  const std::string_view before = std::string_view{source.text}.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {source.file, source.line + static_cast<int>(std::ranges::count(before, '\n')),
          static_cast<int>(1 + offset - line_start)};
}

/// What the library says of a text, without the names that it gives to its errors.
std::string_view words_of(const Json::exception& bad) {
  std::string_view words = bad.what();
  for (const std::string_view before : {"] ", "parse error at "}) {
    const std::size_t found = words.find(before);
    words.remove_prefix(found == std::string_view::npos ? 0 : found + before.size());
  }
  return words;
}

}  // namespace

Json parse_json(const JsonSource& source) {
  try {
    return Json::parse(source.text, StrictParse{source});
  } catch (const Json::exception& bad) {
    throw sim::Error{name_of(source), fmt::format("not JSON: {}", words_of(bad))};
  }
}

void JsonPlace::fail(std::string_view what) const {
  const std::string message =
      path_.empty() ? std::string{what} : fmt::format("{}: {}", path_, what);
  const auto offset = Locator{source_->text, path_}.find();
  if (!offset) {  // a value that is not from the file
    throw sim::Error{name_of(*source_), message};
  }
  throw sim::Error{position(*source_, *offset), message};
}

bool JsonPlace::has(std::string_view key) const {
  return value_->is_object() && value_->contains(std::string{key});
}

JsonPlace JsonPlace::at(std::string_view key) const {
  if (!value_->is_object()) {
    fail(fmt::format("expected an object with the key '{}'", key));
  }
  const auto found = value_->find(std::string{key});
  if (found == value_->end()) {
    fail(fmt::format("missing key '{}'", key));
  }
  return {*source_, *found, path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key)};
}

JsonPlace JsonPlace::at(std::size_t index) const {
  return {*source_, value_->at(index), fmt::format("{}[{}]", path_, index)};
}

std::size_t JsonPlace::size() const {
  if (!value_->is_array()) {
    fail("expected a list");
  }
  return value_->size();
}

void JsonPlace::expect_keys(std::span<const std::string_view> allowed) const {
  for (const auto& [key, value] : value_->items()) {
    if (std::ranges::find(allowed, key) == allowed.end()) {
      fail(fmt::format("unknown key '{}'\n  hint: {}", key, sim::suggestion(key, allowed)));
    }
  }
}

double JsonPlace::number(double least, double most) const {
  if (!value_->is_number() || !std::isfinite(value_->get<double>()) ||
      value_->get<double>() < least || value_->get<double>() > most) {
    fail(fmt::format("expected a number from {} to {}, got {}", least, most, value_->dump()));
  }
  return value_->get<double>();
}

std::int64_t JsonPlace::integer() const {
  if (!value_->is_number_integer()) {
    fail(fmt::format("expected a whole number, got {}", value_->dump()));
  }
  return value_->get<std::int64_t>();
}

}  // namespace cli
