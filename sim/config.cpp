#include "sim/config.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "sim/suggest.hpp"
#include "sim/text_file.hpp"

namespace sim {
namespace {

constexpr std::size_t file_size_max = std::size_t{16} << 20;
constexpr std::size_t depth_max = 64;

struct Document {
  std::string file;
  std::string text;
};

std::string_view line_of(std::string_view text, int line) {
  for (int i = 0; i < line; ++i) {
    const std::size_t end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// Without control characters, which would reach the user's terminal, and cut to a bearable length.
std::string printable(std::string_view text) {
  constexpr std::size_t most = 400;
  std::string out{text.substr(0, most)};
  std::ranges::replace_if(
      out, [](char c) { return c != '\n' && (static_cast<unsigned char>(c) < ' ' || c == '\x7f'); },
      '?');
  return text.size() > most ? out + "..." : out;
}

[[noreturn]] void fail_at(const Document& document, int line, int column, std::string_view message,
                          std::string_view hint) {
  std::string out = printable(message);
  const std::string_view shown = line_of(document.text, line);
  constexpr std::size_t shown_max = 100;
  if (shown.size() <= shown_max) {
    out += fmt::format("\n{:>5} | {}\n      | {:>{}}", line + 1, printable(shown), '^', column + 1);
  }
  if (!hint.empty()) {
    out += fmt::format("\n  hint: {}", hint);
  }
  throw Error{SourcePos{document.file, line + 1, column + 1}, out};
}

}  // namespace

struct ConfigNode::Tree {
  enum class Kind : std::uint8_t { empty, scalar, list, map };
  using Pointer = std::shared_ptr<const Tree>;
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

namespace {

using Tree = ConfigNode::Tree;

/// Builds our tree from yaml-cpp's scanner events.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::shared_ptr<const Document> document) : document_{std::move(document)} {}

  [[nodiscard]] std::shared_ptr<const Tree> root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    place(make(mark, Tree::Kind::empty));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    fail_at(*document_, mark.line, mark.column, "aliases are not accepted",
            "write the value out where it is used");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    auto node = make(mark, Tree::Kind::scalar);
    node->text = value;
    place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open(make(mark, Tree::Kind::list));
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open(make(mark, Tree::Kind::map));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    std::shared_ptr<Tree> node;
    bool expects_key = true;  // in a map: the next event is a key
  };

  std::shared_ptr<Tree> make(const YAML::Mark& mark, Tree::Kind kind) {
    auto node = std::make_shared<Tree>();
    node->document = document_;
    node->line = mark.line;
    node->column = mark.column;
    node->kind = kind;
    return node;
  }

  void open(std::shared_ptr<Tree> node) {
    if (open_.size() >= depth_max) {
      fail_at(*document_, node->line, node->column,
              fmt::format("nested deeper than {} levels", depth_max), "");
    }
    open_.push_back({std::move(node)});
  }

  void close() {
    auto node = std::move(open_.back().node);
    open_.pop_back();
    place(std::move(node));
  }

  /// Puts a finished node where it belongs: the root, the open list, or the open map.
  void place(std::shared_ptr<Tree> node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == Tree::Kind::list) {
      parent.node->items.push_back(std::move(node));
      return;
    }
    if (parent.expects_key) {
      add_key(*parent.node, *node);
    } else {
      Tree::Entry& entry = parent.node->entries.back();
      if (node->kind == Tree::Kind::empty) {
        // yaml-cpp places a missing value at the next token, often on another line.
        node->line = entry.line;
        node->column = entry.column;
      }
      entry.value = std::move(node);
    }
    parent.expects_key = !parent.expects_key;
  }

  void add_key(Tree& map, const Tree& key) {
    if (key.kind != Tree::Kind::scalar) {
      fail_at(*document_, key.line, key.column, "a key must be a plain word", "");
    }
    if (std::ranges::find(map.entries, key.text, &Tree::Entry::key) != map.entries.end()) {
      fail_at(*document_, key.line, key.column,
              fmt::format("the key '{}' is given twice", key.text), "");
    }
    map.entries.push_back({key.text, key.line, key.column, nullptr});
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) {
      fail_at(*document_, mark.line, mark.column, "anchors are not accepted",
              "write the value out where it is used");
    }
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!") {  // "?" and "!": plain and quoted scalars
      fail_at(*document_, mark.line, mark.column, fmt::format("the tag '{}' is not accepted", tag),
              "");
    }
  }

  std::shared_ptr<const Document> document_;
  std::shared_ptr<Tree> root_;
  std::vector<Open> open_;
};

std::shared_ptr<const Tree> parse_tree(const std::string& file, const std::string& text) {
  const auto document = std::make_shared<const Document>(Document{file, text});
  if (text.size() > file_size_max) {
    throw Error{file, fmt::format("the file has {} bytes; at most {} are read", text.size(),
                                  file_size_max)};
  }
  TreeBuilder builder{document};
  try {
    std::istringstream stream{text};
    YAML::Parser parser{stream};
    if (!parser.HandleNextDocument(builder) || builder.root()->kind == Tree::Kind::empty) {
      throw Error{SourcePos{file, 1, 1}, "the file is empty"};
    }
    const auto root = builder.root();
    if (parser.HandleNextDocument(builder)) {
      const auto& second = *builder.root();
      fail_at(*document, second.line, second.column, "expected one document, found a second", "");
    }
    return root;
  } catch (const YAML::ParserException& bad) {
    fail_at(*document, std::max(bad.mark.line, 0), std::max(bad.mark.column, 0), bad.msg, "");
  }
}

void write_canonical(const Tree& tree, std::string& out) {
  switch (tree.kind) {
    case Tree::Kind::empty:
      out += '~';
      break;
    case Tree::Kind::scalar:
      out += fmt::format("{}:{}", tree.text.size(), tree.text);
      break;
    case Tree::Kind::list:
      out += '[';
      for (const auto& item : tree.items) {
        write_canonical(*item, out);
        out += ',';
      }
      out += ']';
      break;
    case Tree::Kind::map: {
      auto entries = tree.entries;
      std::ranges::sort(entries, {}, &Tree::Entry::key);
      out += '{';
      for (const auto& entry : entries) {
        out += entry.key + "=";
        write_canonical(*entry.value, out);
        out += ',';
      }
      out += '}';
      break;
    }
  }
}

/// `tree` with the value at `path` replaced by `value`; missing maps on the way are made.
std::shared_ptr<const Tree> replaced(const std::shared_ptr<const Tree>& tree, std::string_view path,
                                     const std::shared_ptr<const Tree>& value) {
  if (path.empty()) {
    return value;
  }
  const std::size_t dot = path.find('.');
  const std::string_view head = path.substr(0, dot);
  const std::string_view tail = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  if (head.empty() || (tree != nullptr && tree->kind != Tree::Kind::map)) {
    fail_at(*value->document, 0, 0,
            fmt::format("there is no mapping to put '{}' in", head.empty() ? path : head), "");
  }
  auto copy = tree == nullptr ? std::make_shared<Tree>() : std::make_shared<Tree>(*tree);
  if (tree == nullptr) {
    copy->document = value->document;
    copy->kind = Tree::Kind::map;
  }
  const auto entry = std::ranges::find(copy->entries, head, &Tree::Entry::key);
  if (entry == copy->entries.end()) {
    copy->entries.push_back(
        {std::string{head}, value->line, value->column, replaced(nullptr, tail, value)});
  } else {
    entry->value = replaced(entry->value, tail, value);
  }
  return copy;
}

}  // namespace

ConfigNode::ConfigNode(std::shared_ptr<const Tree> tree, std::string path)
    : tree_{std::move(tree)}, path_{std::move(path)} {}

ConfigNode ConfigNode::parse(const std::string& file, const std::string& text) {
  return {parse_tree(file, text), ""};
}

ConfigNode ConfigNode::load(const std::string& path) {
  return parse(path, read_text_file(path, file_size_max));
}

ConfigNode ConfigNode::scalar(const std::string& label, const std::string& text) {
  auto tree = std::make_shared<Tree>();
  tree->document = std::make_shared<const Document>(Document{label, text});
  tree->kind = Tree::Kind::scalar;
  tree->text = text;
  return {tree, ""};
}

ConfigNode ConfigNode::with(std::string_view path, const std::string& label,
                            const std::string& text) const {
  return with(path, ConfigNode{parse_tree(label, text), ""});
}

ConfigNode ConfigNode::with(std::string_view path, const ConfigNode& value) const {
  if (std::ranges::count(path, '.') >= static_cast<std::ptrdiff_t>(depth_max)) {
    value.fail(fmt::format("the key is nested deeper than {} levels", depth_max));
  }
  return {replaced(tree_, path, value.tree_), path_};
}

ConfigNode ConfigNode::child(const std::shared_ptr<const Tree>& tree, std::string_view key) const {
  return {tree, path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key)};
}

ConfigNode ConfigNode::part(const std::string& text) const {
  auto tree = std::make_shared<Tree>(*tree_);
  tree->text = text;
  return {tree, path_};
}

std::string ConfigNode::where() const {
  const std::string& file = tree_->document->file;
  return file.starts_with("--") ? file : fmt::format("{}:{} {}", file, tree_->line + 1, path_);
}

bool ConfigNode::is_map() const {
  return tree_->kind == Tree::Kind::map;
}
bool ConfigNode::is_list() const {
  return tree_->kind == Tree::Kind::list;
}
bool ConfigNode::is_scalar() const {
  return tree_->kind == Tree::Kind::scalar;
}

void ConfigNode::fail(std::string_view message, std::string_view hint) const {
  fail_at(*tree_->document, tree_->line, tree_->column,
          path_.empty() ? std::string{message} : fmt::format("{}: {}", path_, message), hint);
}

void ConfigNode::expect_keys(std::span<const std::string_view> allowed) const {
  if (!is_map()) {
    fail(fmt::format("expected a mapping with the keys {}", fmt::join(allowed, ", ")));
  }
  for (const auto& entry : tree_->entries) {
    if (std::ranges::find(allowed, entry.key) == allowed.end()) {
      const std::string_view meant = closest(entry.key, allowed);
      fail_at(*entry.value->document, entry.line, entry.column,
              fmt::format("{}unknown key '{}'", path_.empty() ? "" : path_ + ": ", entry.key),
              meant.empty() ? fmt::format("the keys here are {}", fmt::join(allowed, ", "))
                            : fmt::format("did you mean '{}'?", meant));
    }
  }
}

std::optional<ConfigNode> ConfigNode::find(std::string_view key) const {
  if (!is_map()) {
    fail(fmt::format("expected a mapping with the key '{}'", key));
  }
  const auto entry = std::ranges::find(tree_->entries, key, &Tree::Entry::key);
  if (entry == tree_->entries.end()) {
    return std::nullopt;
  }
  return child(entry->value, key);
}

ConfigNode ConfigNode::at(std::string_view key) const {
  auto found = find(key);
  if (!found) {
    fail(fmt::format("missing key '{}'", key));
  }
  return *std::move(found);
}

std::vector<ConfigNode> ConfigNode::items() const {
  if (!is_list()) {
    fail("expected a list");
  }
  std::vector<ConfigNode> out;
  out.reserve(tree_->items.size());
  for (std::size_t i = 0; i < tree_->items.size(); ++i) {
    out.push_back({tree_->items[i], fmt::format("{}[{}]", path_, i)});
  }
  return out;
}

std::vector<std::string> ConfigNode::keys() const {
  if (!is_map()) {
    fail("expected a mapping");
  }
  std::vector<std::string> out;
  std::ranges::transform(tree_->entries, std::back_inserter(out), &Tree::Entry::key);
  return out;
}

std::string ConfigNode::text() const {
  if (tree_->kind == Tree::Kind::empty || (is_scalar() && tree_->text.empty())) {
    fail("expected a value, found nothing");
  }
  if (!is_scalar()) {
    fail(fmt::format("expected a single value, found a {}", is_list() ? "list" : "mapping"));
  }
  return tree_->text;
}

namespace {

template <class T>
T value_or_fail(const ConfigNode& node, const Parsed<T>& parsed) {
  if (!parsed.value) {
    node.fail(parsed.problem, parsed.hint);
  }
  return *parsed.value;
}

}  // namespace

Bytes ConfigNode::bytes() const {
  return value_or_fail(*this, parse_bytes(text()));
}
Bandwidth ConfigNode::bandwidth() const {
  return value_or_fail(*this, parse_bandwidth(text()));
}
Duration ConfigNode::duration() const {
  return value_or_fail(*this, parse_duration(text()));
}

double ConfigNode::number(double least, double most) const {
  const double value = value_or_fail(*this, parse_number(text()));
  if (value < least || value > most) {
    fail(fmt::format("expected a number from {} to {}, got '{}'", least, most, text()));
  }
  return value;
}

std::int64_t ConfigNode::integer(std::int64_t least, std::int64_t most) const {
  const std::int64_t value = value_or_fail(*this, parse_integer(text()));
  if (value < least || value > most) {
    fail(fmt::format("expected a whole number from {} to {}, got '{}'", least, most, text()));
  }
  return value;
}

bool ConfigNode::boolean() const {
  const std::string value = text();
  if (value != "true" && value != "false") {
    fail(fmt::format("expected true or false, got '{}'", value));
  }
  return value == "true";
}

std::size_t ConfigNode::choice(std::span<const std::string_view> choices,
                               std::string_view what) const {
  const std::string value = text();
  const auto found = std::ranges::find(choices, value);
  if (found == choices.end()) {
    fail(fmt::format("unknown {} '{}'", what, value), suggestion(value, choices));
  }
  return static_cast<std::size_t>(found - choices.begin());
}

std::string ConfigNode::canonical() const {
  std::string out;
  write_canonical(*tree_, out);
  return out;
}

}  // namespace sim
