#include "sim/config_tree.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "sim/error.hpp"

namespace sim {
namespace {

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

}  // namespace

void fail_at(const Document& document, int line, int column, std::string_view message,
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

namespace {

/// Builds our tree from yaml-cpp's scanner events.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::shared_ptr<const Document> document) : document_{std::move(document)} {}

  [[nodiscard]] std::shared_ptr<const ConfigTree> root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    place(make(mark, ConfigTree::Kind::empty));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    fail_at(*document_, mark.line, mark.column, "aliases are not accepted",
            "write the value out where it is used");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    auto node = make(mark, ConfigTree::Kind::scalar);
    node->text = value;
    place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open(make(mark, ConfigTree::Kind::list));
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open(make(mark, ConfigTree::Kind::map));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    std::shared_ptr<ConfigTree> node;
    bool expects_key = true;  // in a map: the next event is a key
  };

  std::shared_ptr<ConfigTree> make(const YAML::Mark& mark, ConfigTree::Kind kind) {
    auto node = std::make_shared<ConfigTree>();
    node->document = document_;
    node->line = mark.line;
    node->column = mark.column;
    node->kind = kind;
    return node;
  }

  void open(std::shared_ptr<ConfigTree> node) {
    if (open_.size() >= config_depth_max) {
      fail_at(*document_, node->line, node->column,
              fmt::format("nested deeper than {} levels", config_depth_max), "");
    }
    open_.push_back({std::move(node)});
  }

  void close() {
    auto node = std::move(open_.back().node);
    open_.pop_back();
    place(std::move(node));
  }

  /// Puts a finished node where it belongs: the root, the open list, or the open map.
  void place(std::shared_ptr<ConfigTree> node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == ConfigTree::Kind::list) {
      parent.node->items.push_back(std::move(node));
      return;
    }
    if (parent.expects_key) {
      add_key(*parent.node, *node);
    } else {
      ConfigTree::Entry& entry = parent.node->entries.back();
      if (node->kind == ConfigTree::Kind::empty) {
        // yaml-cpp places a missing value at the next token, often on another line.
        node->line = entry.line;
        node->column = entry.column;
      }
      entry.value = std::move(node);
    }
    parent.expects_key = !parent.expects_key;
  }

  void add_key(ConfigTree& map, const ConfigTree& key) {
    if (key.kind != ConfigTree::Kind::scalar) {
      fail_at(*document_, key.line, key.column, "a key must be a plain word", "");
    }
    if (std::ranges::find(map.entries, key.text, &ConfigTree::Entry::key) != map.entries.end()) {
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
  std::shared_ptr<ConfigTree> root_;
  std::vector<Open> open_;
};

void write_canonical(const ConfigTree& tree, std::string& out) {
  switch (tree.kind) {
    case ConfigTree::Kind::empty:
      out += '~';
      break;
    case ConfigTree::Kind::scalar:
      out += fmt::format("{}:{}", tree.text.size(), tree.text);
      break;
    case ConfigTree::Kind::list:
      out += '[';
      for (const auto& item : tree.items) {
        write_canonical(*item, out);
        out += ',';
      }
      out += ']';
      break;
    case ConfigTree::Kind::map: {
      auto entries = tree.entries;
      std::ranges::sort(entries, {}, &ConfigTree::Entry::key);
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

}  // namespace

std::shared_ptr<const ConfigTree> parse_tree(const std::string& file, const std::string& text) {
  const auto document = std::make_shared<const Document>(Document{file, text});
  if (text.size() > config_size_max) {
    throw Error{file, fmt::format("the file has {} bytes; at most {} are read", text.size(),
                                  config_size_max)};
  }
  TreeBuilder builder{document};
  try {
    std::istringstream stream{text};
    YAML::Parser parser{stream};
    if (!parser.HandleNextDocument(builder) || builder.root()->kind == ConfigTree::Kind::empty) {
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

namespace {

/// With `value` at what is left of a dotted path.
std::shared_ptr<const ConfigTree> replaced_at(const std::shared_ptr<const ConfigTree>& tree,
                                              std::string_view path, std::string_view left,
                                              const std::shared_ptr<const ConfigTree>& value) {
  if (left.empty()) {
    return value;
  }
  const std::size_t dot = left.find('.');
  const std::string_view head = left.substr(0, dot);
  const std::string_view tail = dot == std::string_view::npos ? "" : left.substr(dot + 1);
  if (tree != nullptr && tree->kind != ConfigTree::Kind::map) {
    const std::string_view above = path.substr(0, path.size() - left.size() - 1);
    fail_at(*value->document, value->line, value->column,
            fmt::format("'{}' cannot be set: there is no mapping to put '{}' in", path, head),
            fmt::format("write '{}' out as a mapping, in place of a name or a short form", above));
  }
  auto copy =
      tree == nullptr ? std::make_shared<ConfigTree>() : std::make_shared<ConfigTree>(*tree);
  if (tree == nullptr) {
    copy->document = value->document;
    copy->kind = ConfigTree::Kind::map;
  }
  const auto entry = std::ranges::find(copy->entries, head, &ConfigTree::Entry::key);
  if (entry == copy->entries.end()) {
    copy->entries.push_back(
        {std::string{head}, value->line, value->column, replaced_at(nullptr, path, tail, value)});
  } else {
    entry->value = replaced_at(entry->value, path, tail, value);
  }
  return copy;
}

}  // namespace

std::shared_ptr<const ConfigTree> replaced(const std::shared_ptr<const ConfigTree>& tree,
                                           std::string_view path,
                                           const std::shared_ptr<const ConfigTree>& value) {
  if (path.empty() || path.starts_with('.') || path.ends_with('.') ||
      path.find("..") != std::string_view::npos) {
    fail_at(*value->document, value->line, value->column, fmt::format("'{}' is no key", path),
            "keys are words with dots between: layout.tensor");
  }
  return replaced_at(tree, path, path, value);
}

std::string canonical_text(const ConfigTree& tree) {
  std::string out;
  write_canonical(tree, out);
  return out;
}

}  // namespace sim
