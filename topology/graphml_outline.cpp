#include "topology/graphml_outline.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace topology {
namespace {

struct Tag {
  enum class Form : std::uint8_t { open, close, empty };

  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> attributes;
  Form form{};
  sim::SourcePos where;

  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const {
    const auto found =
        std::ranges::find(attributes, key, [](const auto& entry) { return entry.first; });
    return found == attributes.end() ? std::nullopt : std::optional{found->second};
  }
};

constexpr std::string_view blanks = " \t\r\n";

/// Finds the tags of an XML text, one after the other.
class TagReader {
 public:
  TagReader(const std::string& label, std::string_view text) : text_{text}, where_{label, 1, 1} {}

  /// The next element tag; none at the end of the text.
  std::optional<Tag> next() {
    while (true) {
      const std::size_t begin = text_.find('<', at_);
      if (begin == std::string_view::npos) {
        return std::nullopt;
      }
      advance(begin);
      if (skip("<!--", "-->") || skip("<?", "?>") || skip("<![CDATA[", "]]>")) {
        continue;
      }
      if (text_.substr(at_).starts_with("<!")) {
        fail("a document type is not accepted");
      }
      return read_tag();
    }
  }

  [[noreturn]] void fail(const std::string& message) const { throw sim::Error{where_, message}; }

 private:
  void advance(std::size_t to) {
    for (; at_ < to; ++at_) {
      ++where_.column;
      if (text_[at_] == '\n') {
        ++where_.line;
        where_.column = 1;
      }
    }
  }

  bool skip(std::string_view open, std::string_view close) {
    if (!text_.substr(at_).starts_with(open)) {
      return false;
    }
    const std::size_t end = text_.find(close, at_ + open.size());
    if (end == std::string_view::npos) {
      fail(fmt::format("'{}' without '{}'", open, close));
    }
    advance(end + close.size());
    return true;
  }

  Tag read_tag() {
    Tag tag{.name = {}, .attributes = {}, .form = Tag::Form::open, .where = where_};
    std::size_t at = at_ + 1;
    if (at < text_.size() && text_[at] == '/') {
      tag.form = Tag::Form::close;
      ++at;
    }
    tag.name = word(at);
    while (true) {
      at = std::min(text_.find_first_not_of(blanks, at), text_.size());
      const std::string_view rest = text_.substr(at);
      if (rest.starts_with("/>") && tag.form == Tag::Form::open) {
        tag.form = Tag::Form::empty;
        ++at;
      } else if (!rest.starts_with('>')) {
        tag.attributes.push_back(attribute(at));
        continue;
      }
      advance(at + 1);
      return tag;
    }
  }

  /// The word at `at`, which moves behind it.
  std::string_view word(std::size_t& at) const {
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n=/>\"'<", at), text_.size());
    if (end == at) {
      fail("malformed tag");
    }
    const std::string_view found = text_.substr(at, end - at);
    at = end;
    return found;
  }

  std::pair<std::string_view, std::string_view> attribute(std::size_t& at) const {
    const std::string_view key = word(at);
    at = std::min(text_.find_first_not_of(blanks, at), text_.size());
    if (at == text_.size() || text_[at] != '=') {
      fail(fmt::format("the attribute '{}' has no value", key));
    }
    at = std::min(text_.find_first_not_of(blanks, at + 1), text_.size());
    const std::size_t end = at < text_.size() && (text_[at] == '"' || text_[at] == '\'')
                                ? text_.find(text_[at], at + 1)
                                : std::string_view::npos;
    if (end == std::string_view::npos) {
      fail(fmt::format("the value of '{}' is not in quotes", key));
    }
    const std::string_view value = text_.substr(at + 1, end - at - 1);
    at = end + 1;
    return {key, value};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  sim::SourcePos where_;  // of `at_`
};

struct Element {
  std::string_view name;
  std::array<std::string_view, 4> parents;  // "" as the first: the document itself
};
constexpr std::array elements{
    Element{"graphml", {""}},
    Element{"key", {"graphml"}},
    Element{"default", {"key"}},
    Element{"graph", {"graphml"}},
    Element{"node", {"graph"}},
    Element{"edge", {"graph"}},
    Element{"data", {"graph", "node", "edge"}},
    Element{"desc", {"graphml", "graph", "node", "edge"}},
};

/// Follows the tags of a document and writes down its outline.
class Outliner {
 public:
  Outliner(const std::string& label, std::string_view text) : tags_{label, text} {}

  GraphmlOutline run() {
    while (const auto tag = tags_.next()) {
      if (tag->form == Tag::Form::close) {
        close(*tag);
        continue;
      }
      check_place(*tag);
      enter(*tag);
      if (tag->form == Tag::Form::open) {
        open_.push_back(tag->name);
      }
    }
    if (!open_.empty()) {
      tags_.fail(fmt::format("the file ends inside <{}>", open_.back()));
    }
    if (outline_.graph.line == 0) {
      tags_.fail("the file holds no <graph>");
    }
    check_ends();
    return std::move(outline_);
  }

 private:
  struct End {
    std::string_view node;
    std::size_t edge = 0;
  };

  void close(const Tag& tag) {
    if (open_.empty() || open_.back() != tag.name) {
      throw sim::Error{tag.where, fmt::format("</{}> closes nothing", tag.name)};
    }
    open_.pop_back();
  }

  void check_place(const Tag& tag) const {
    const auto* const element = std::ranges::find(elements, tag.name, &Element::name);
    if (element == elements.end()) {
      throw sim::Error{tag.where, fmt::format("<{}> is not accepted here", tag.name)};
    }
    const std::string_view parent = open_.empty() ? "" : open_.back();
    const bool fits = parent.empty()
                          ? element->parents.front().empty()
                          : std::ranges::find(element->parents, parent) != element->parents.end();
    if (!fits) {
      throw sim::Error{tag.where,
                       parent.empty()
                           ? fmt::format("<{}> is outside of <graphml>", tag.name)
                           : fmt::format("<{}> is not accepted inside <{}>", tag.name, parent)};
    }
  }

  void enter(const Tag& tag) {
    if (tag.name == "graph") {
      enter_graph(tag);
    } else if (tag.name == "node") {
      enter_node(tag);
    } else if (tag.name == "edge") {
      enter_edge(tag);
    } else if (tag.name == "data") {
      const std::string_view key = attribute(tag, "key");
      if (!keys_.insert(key).second) {
        throw sim::Error{tag.where, fmt::format("the key '{}' is given twice", key)};
      }
    }
  }

  void enter_graph(const Tag& tag) {
    if (outline_.graph.line != 0) {
      throw sim::Error{tag.where, "expected one <graph>, found a second"};
    }
    const std::string_view directed = attribute(tag, "edgedefault");
    if (directed != "directed" && directed != "undirected") {
      throw sim::Error{
          tag.where,
          fmt::format("edgedefault: expected directed or undirected, got '{}'", directed)};
    }
    is_directed_ = directed == "directed";
    outline_.graph = tag.where;
    keys_.clear();
  }

  void enter_node(const Tag& tag) {
    const std::string_view id = attribute(tag, "id");
    if (!ids_.insert(id).second) {
      throw sim::Error{tag.where, fmt::format("there are two nodes with the id '{}'", id)};
    }
    outline_.nodes.push_back({std::string{id}, tag.where});
    keys_.clear();
  }

  void enter_edge(const Tag& tag) {
    bool is_directed = is_directed_;
    if (const auto given = tag.find("directed")) {
      if (given != "true" && given != "false") {
        throw sim::Error{tag.where,
                         fmt::format("directed: expected true or false, got '{}'", *given)};
      }
      is_directed = given == "true";
    }
    ends_.push_back({attribute(tag, "source"), outline_.edges.size()});
    ends_.push_back({attribute(tag, "target"), outline_.edges.size()});
    outline_.edges.push_back({is_directed, tag.where});
    keys_.clear();
  }

  /// An edge may come before the nodes it joins, so this waits for the end of the file.
  void check_ends() const {
    for (const End& end : ends_) {
      if (!ids_.contains(end.node)) {
        throw sim::Error{
            outline_.edges[end.edge].where,
            fmt::format("an edge leads to '{}', a node that is not declared", end.node)};
      }
    }
  }

  static std::string_view attribute(const Tag& tag, std::string_view key) {
    const auto found = tag.find(key);
    if (!found) {
      throw sim::Error{tag.where, fmt::format("<{}> has no attribute '{}'", tag.name, key)};
    }
    return *found;
  }

  TagReader tags_;
  std::vector<std::string_view> open_;  // names of the elements around the current place
  GraphmlOutline outline_;
  bool is_directed_ = true;                    // unless the edge says otherwise
  std::unordered_set<std::string_view> ids_;   // of nodes; looked up, never iterated
  std::unordered_set<std::string_view> keys_;  // of the data in the current element; the same
  std::vector<End> ends_;
};

}  // namespace

GraphmlOutline outline_graphml(const std::string& label, const std::string& text) {
  if (text.find_first_not_of(blanks) == std::string::npos) {
    throw sim::Error{sim::SourcePos{label, 1, 1}, "the file is empty"};
  }
  if (text.find('\0') != std::string::npos) {
    throw sim::Error{label, "the file is no text: it holds a zero byte"};
  }
  return Outliner{label, text}.run();
}

}  // namespace topology
