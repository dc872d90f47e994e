#include "cli/sweep.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/scenario.hpp"
#include "cli/size_list.hpp"
#include "cli/sweep_axes.hpp"
#include "cli/sweep_skip.hpp"
#include "cli/topology_key.hpp"
#include "cli/training_scenario.hpp"
#include "cli/version.hpp"
#include "sim/text_list.hpp"

namespace cli {
namespace {

sim::ConfigNode with_value(const sim::ConfigNode& scenario, const std::string& directory,
                           const std::string& key, const sim::ConfigNode& value) {
  return key.starts_with("topology.") ? with_topology_inlined(scenario, directory).with(key, value)
                                      : scenario.with(key, value);
}

/// The base with what is set over it.
struct Base {
  sim::ConfigNode scenario;
  std::string directory;
};

Base read_base(const sim::ConfigNode& node, const std::string& directory) {
  const sim::ConfigNode said = node.at("base");
  Base base{said, directory};
  if (!said.is_map()) {
    const std::filesystem::path path = std::filesystem::path{directory} / said.text();
    if (!std::filesystem::exists(path)) {
      said.fail(fmt::format("there is no file '{}'", path.string()));
    }
    base = {sim::ConfigNode::load(path.lexically_normal().string()), path.parent_path().string()};
  }
  if (base.scenario.find("variants")) {
    base.scenario.at("variants").fail("a sweep's base has no variants", "make them an axis");
  }
  if (const auto settings = node.find("set")) {
    for (const std::string& key : settings->keys()) {
      base.scenario = with_value(base.scenario, base.directory, key, settings->at(key));
    }
  }
  return base;
}

/// A point is of one algorithm and one size.
void expect_single_values(const SweepAxis& axis) {
  for (std::size_t i = 0; i < axis.keys.size(); ++i) {
    if (axis.keys[i] != "algorithms" && axis.keys[i] != "sizes") {
      continue;
    }
    for (const std::vector<sim::ConfigNode>& values : axis.values) {
      const sim::ConfigNode& value = values[i];
      const std::string text = value.is_scalar() ? value.text() : ",";
      if (text == "all" || text.find(',') != std::string::npos ||
          text.find("..") != std::string::npos) {
        value.fail(fmt::format("expected one of the {}: each point has one", axis.keys[i]),
                   "a value for each: [ring, multitree], [1MiB, 2MiB]");
      }
    }
  }
}

/// Algorithms and sizes of a collective, where no axis is of that.
void add_axes_of_collective(const sim::ConfigNode& scenario, std::vector<SweepAxis>& axes) {
  const auto is_axis = [&](std::string_view key) {
    return std::ranges::any_of(axes, [&](const SweepAxis& axis) {
      return std::ranges::find(axis.keys, key) != axis.keys.end();
    });
  };
  const auto add = [&](const std::string& key, const std::vector<sim::ConfigNode>& values) {
    SweepAxis axis{.keys = {key}, .values = {}};
    for (const sim::ConfigNode& value : values) {
      axis.values.push_back({value});
    }
    axes.push_back(std::move(axis));
  };
  for (const SweepAxis& axis : axes) {
    expect_single_values(axis);
  }
  if (!is_axis("algorithms")) {
    const sim::ConfigNode node = scenario.at("algorithms");
    if (node.is_list()) {
      add("algorithms", node.items());
    } else {
      std::vector<sim::ConfigNode> names;
      const std::string text = node.text();
      for (const std::string_view name : sim::split(text, ',')) {
        names.push_back(node.part(std::string{name}));
      }
      if (text == "all") {
        node.fail("a sweep needs the names of the algorithms");
      }
      add("algorithms", names);
    }
  }
  if (!is_axis("sizes")) {
    const sim::ConfigNode node =
        scenario.find("sizes").value_or(sim::ConfigNode::scalar("sizes", usual_size));
    std::vector<sim::ConfigNode> sizes;
    for (const sim::Bytes size : read_sizes(node)) {
      sizes.push_back(node.part(fmt::format("{} B", size.count())));
    }
    add("sizes", sizes);
  }
}

/// layout.tensor is inside layout.
bool is_inside(std::string_view key, std::string_view whole) {
  return key.size() > whole.size() && key.starts_with(whole) && key[whole.size()] == '.';
}

std::vector<SweepAxis> read_axes(const sim::ConfigNode& node) {
  std::vector<SweepAxis> axes;
  std::set<std::string> seen;
  for (const sim::ConfigNode& item : node.items()) {
    axes.push_back(read_axis(item));
    for (const std::string& key : axes.back().keys) {
      for (const std::string& other : seen) {
        if (is_inside(other, key)) {
          item.fail(
              fmt::format("'{}' would overwrite '{}', which has an axis before it", key, other),
              "put the whole before its parts");
        }
      }
      if (!seen.insert(key).second) {
        item.fail(fmt::format("'{}' has an axis already", key));
      }
    }
  }
  return axes;
}

/// All combinations, the last axis fastest.
class Combinations {
 public:
  explicit Combinations(std::span<const SweepAxis> axes) : axes_{axes}, at_(axes.size(), 0) {}

  [[nodiscard]] std::size_t at(std::size_t axis) const { return at_[axis]; }

  /// False after the last one.
  [[nodiscard]] bool advance() {
    for (std::size_t i = axes_.size(); i-- > 0;) {
      if (++at_[i] < axes_[i].values.size()) {
        return true;
      }
      at_[i] = 0;
    }
    return false;
  }

 private:
  std::span<const SweepAxis> axes_;
  std::vector<std::size_t> at_;
};

/// A value as it could be written in one line.
std::string text_of(const sim::ConfigNode& value) {
  std::vector<std::string> parts;
  if (value.is_list()) {
    std::ranges::transform(value.items(), std::back_inserter(parts), text_of);
    return fmt::format("[{}]", fmt::join(parts, ", "));
  }
  if (value.is_map()) {
    for (const std::string& key : value.keys()) {
      parts.push_back(fmt::format("{}: {}", key, text_of(value.at(key))));
    }
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  return value.is_empty() ? std::string{} : value.text();
}

SweepPoint point_at(const Base& base, std::span<const SweepAxis> axes,
                    const Combinations& combination, const Sweep& sweep) {
  SweepPoint point{.scenario = base.scenario, .values = {}, .key = {}};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    for (std::size_t k = 0; k < axes[i].keys.size(); ++k) {
      const sim::ConfigNode& value = axes[i].values[combination.at(i)][k];
      point.scenario = with_value(point.scenario, base.directory, axes[i].keys[k], value);
      point.values.emplace_back(axes[i].keys[k], text_of(value));
    }
  }
  point.key = hash_of(fmt::format("{} {} {}", version, sweep.runs_unfit ? "run" : "skip",
                                  point.scenario.canonical()));
  return point;
}

void check_count(const sim::ConfigNode& node, std::span<const SweepAxis> axes) {
  std::size_t count = 1;
  for (const SweepAxis& axis : axes) {
    count *= axis.values.size();
    if (count > points_max) {
      node.fail(fmt::format("more than {} points", points_max));
    }
  }
}

}  // namespace

Sweep read_sweep(const sim::ConfigNode& node, const std::string& directory) {
  node.expect_keys({"base", "set", "axes", "skip", "unfit", "plots", "description"});
  const Base base = read_base(node, directory);
  if (const auto description = node.find("description")) {
    static_cast<void>(description->text());
  }
  Sweep sweep{.directory = base.directory, .is_training = is_training(base.scenario), .points = {}};
  if (const auto unfit = node.find("unfit")) {
    constexpr std::array<std::string_view, 2> choices{"run", "skip"};
    sweep.runs_unfit = unfit->choice(choices, "answer to what does not fit") == 0;
  }
  const auto said = node.find("axes");
  std::vector<SweepAxis> axes = said ? read_axes(*said) : std::vector<SweepAxis>{};
  if (!sweep.is_training) {
    add_axes_of_collective(base.scenario, axes);
  }
  check_count(node, axes);
  std::vector<Skip> skips;
  if (const auto list = node.find("skip")) {
    for (const sim::ConfigNode& item : list->items()) {
      skips.emplace_back(item);
    }
  }
  Combinations combination{axes};
  do {
    SweepPoint point = point_at(base, axes, combination, sweep);
    if (std::ranges::any_of(skips, [&](Skip& skip) { return skip.applies_to(point.scenario); })) {
      ++sweep.skipped;
    } else {
      sweep.points.push_back(std::move(point));
    }
  } while (combination.advance());
  for (const Skip& skip : skips) {
    skip.expect_all_seen(axes);
  }
  if (sweep.points.empty()) {
    node.fail("all points are skipped");
  }
  return sweep;
}

}  // namespace cli
