#include "cli/variants.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "cli/compare.hpp"
#include "cli/topology_key.hpp"

namespace cli {

namespace {

/// What a scenario says, or else what the variants have in common.
constexpr std::array<std::string_view, 5> common_keys{"sizes", "collective", "network", "seed",
                                                      "variants"};

/// Fails at a value that a variant cannot have.
void check_key(const sim::ConfigNode& value, const std::string& key) {
  const std::string_view first = std::string_view{key}.substr(0, key.find('.'));
  if (std::ranges::find(common_keys, first) != common_keys.end()) {
    value.fail(fmt::format("variants have the '{}' of the scenario", first));
  }
}

void check_name(const sim::ConfigNode& variants, const std::string& name) {
  const bool prints = std::ranges::all_of(
      name, [](char letter) { return static_cast<unsigned char>(letter) >= ' '; });
  if (name.empty() || !prints) {
    variants.fail("a variant needs a name on one line");
  }
}

/// "various" where variants differ.
void merge(std::string& all, const std::string& one) {
  all = all == one ? all : "various";
}

}  // namespace

std::vector<Variant> read_variants(const sim::ConfigNode& node, const std::string& directory) {
  std::vector<Variant> variants;
  const auto listed = node.find("variants");
  if (!listed) {
    return variants;
  }
  for (const std::string& name : listed->keys()) {
    check_name(*listed, name);
    const sim::ConfigNode values = listed->at(name);
    sim::ConfigNode changed = node;
    for (const std::string& key : values.keys()) {
      check_key(values.at(key), key);
      if (key.starts_with("topology.")) {
        changed = with_topology_inlined(changed, directory);
      }
      changed = changed.with(key, values.at(key));
    }
    variants.push_back({name, read_scenario(changed, directory)});
    if (variants.back().scenario.algorithms.size() != 1) {
      values.fail(fmt::format("a variant has one algorithm, this one has {}",
                              variants.back().scenario.algorithms.size()),
                  "algorithms: ring");
    }
    if (variants.back().scenario.group.size() != variants.front().scenario.group.size()) {
      values.fail(fmt::format("{} ranks, but the first variant has {}",
                              variants.back().scenario.group.size(),
                              variants.front().scenario.group.size()));
    }
  }
  if (variants.empty()) {
    listed->fail("expected at least one variant");
  }
  return variants;
}

Comparison compare(std::span<const Variant> variants,
                   const std::function<void(std::size_t, std::size_t)>& on_row) {
  const std::size_t sizes = variants.front().scenario.sizes.size();
  Comparison all;
  std::string hashes;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    Comparison one = compare(variants[i].scenario, [&](std::size_t done, std::size_t) {
      on_row((i * sizes) + done, variants.size() * sizes);
    });
    hashes += one.scenario_hash;
    for (Row& row : one.rows) {
      row.algorithm = variants[i].name;
    }
    if (i == 0) {
      all = std::move(one);
      continue;
    }
    merge(all.topology, one.topology);
    merge(all.summary, one.summary);
    merge(all.routing, one.routing);
    merge(all.profile, one.profile);
    merge(all.provenance, one.provenance);
    const std::size_t before = all.rows.size() / sizes;  // variants
    for (std::size_t size = sizes; size-- > 0;) {
      Row& row = one.rows[size];
      const double first_s = all.rows[size * before].time_s;
      row.speedup = row.time_s > 0 ? first_s / row.time_s : 1;
      all.rows.insert(all.rows.begin() + static_cast<std::ptrdiff_t>((size + 1) * before),
                      std::move(row));
    }
  }
  all.scenario_hash = hash_of(hashes);
  return all;
}

}  // namespace cli
