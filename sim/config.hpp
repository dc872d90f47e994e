#pragma once
// The strict reader behind every file and every option the user writes.
//
// yaml-cpp is used as a scanner only. It would keep the first of two equal keys, read 010 as 8,
// follow a cyclic alias, and place a missing value on the next line; this reader refuses anchors,
// aliases, tags, repeated keys and unknown keys, and every failure says where.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/units.hpp"

namespace sim {

struct ConfigTree;  // in config_tree.hpp

/// One node of a YAML document that remembers where it was written and under which key.
///
/// A cheap handle on an immutable tree. Failures are `Error`s of the form
///
///     configs/pod.yaml:6:22: error: topology.link.bandwidth: expected a bandwidth, got '400'
///         6 |   link: { bandwidth: 400, latency: 500 ns }
///           |                      ^
///       hint: write a unit: '400 Gbps' (bits) or '50 GB/s' (bytes)
class ConfigNode {
 public:
  /// Reads one YAML document. `file` names it in errors.
  static ConfigNode parse(const std::string& file, const std::string& text);

  /// Reads the file at `path`, of at most 16 MiB.
  static ConfigNode load(const std::string& path);

  /// A single value given outside a file: `label` is the option, such as "--sizes".
  static ConfigNode scalar(const std::string& label, const std::string& text);

  /// This document with the value at the dotted `path` ("topology.link") replaced by, or extended
  /// with, `text` read as YAML. `label` names it in errors.
  [[nodiscard]] ConfigNode with(std::string_view path, const std::string& label,
                                const std::string& text) const;

  /// The same with a value that was read elsewhere, and goes on naming where.
  [[nodiscard]] ConfigNode with(std::string_view path, const ConfigNode& value) const;

  /// A part of this value, such as one word of a list in one line; failures point at the whole.
  [[nodiscard]] ConfigNode part(const std::string& text) const;

  /// Where this stands, to name what is read on from it: "pod.yaml:3 topology", or the option.
  [[nodiscard]] std::string where() const;

  [[nodiscard]] bool is_map() const;
  [[nodiscard]] bool is_list() const;
  [[nodiscard]] bool is_scalar() const;

  /// Is the value left out, or `null`?
  [[nodiscard]] bool is_empty() const;

  /// Throws unless this is a mapping whose keys are all in `allowed`.
  void expect_keys(std::span<const std::string_view> allowed) const;
  void expect_keys(std::initializer_list<std::string_view> allowed) const {
    expect_keys(std::span{allowed.begin(), allowed.size()});
  }

  /// The value under `key`. Throws if there is none; `find` gives nothing instead.
  [[nodiscard]] ConfigNode at(std::string_view key) const;
  [[nodiscard]] std::optional<ConfigNode> find(std::string_view key) const;

  /// The entries of a list. Throws if this is none.
  [[nodiscard]] std::vector<ConfigNode> items() const;

  /// The keys of a mapping, in the order written. Throws if this is none.
  [[nodiscard]] std::vector<std::string> keys() const;

  /// The text of a single, non-empty value. Throws if this is a list or a mapping.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] Bytes bytes() const;
  [[nodiscard]] Bandwidth bandwidth() const;
  [[nodiscard]] Duration duration() const;
  [[nodiscard]] double number(double least, double most) const;
  [[nodiscard]] std::int64_t integer(std::int64_t least, std::int64_t most) const;
  [[nodiscard]] bool boolean() const;

  /// The index of this value in `choices`. Throws with the nearest one.
  [[nodiscard]] std::size_t choice(std::span<const std::string_view> choices,
                                   std::string_view what) const;

  /// Throws an Error that points at this node.
  [[noreturn]] void fail(std::string_view message, std::string_view hint = {}) const;

  /// The whole document in one canonical line: equal for files that differ only in layout and
  /// comments. For hashing.
  [[nodiscard]] std::string canonical() const;

 private:
  ConfigNode(std::shared_ptr<const ConfigTree> tree, std::string path);
  [[nodiscard]] ConfigNode child(const std::shared_ptr<const ConfigTree>& tree,
                                 std::string_view key) const;

  // Shared, because a node outlives the call that read the document, and `with` reuses subtrees.
  std::shared_ptr<const ConfigTree> tree_;
  std::string path_;  // "topology.link.bandwidth"; empty at the root
};

}  // namespace sim
