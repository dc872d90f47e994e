#include "cli/variants.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/compare.hpp"

namespace cli {

std::vector<Variant> read_variants(const sim::ConfigNode& node, const std::string& directory) {
  std::vector<Variant> variants;
  const auto listed = node.find("variants");
  if (!listed) {
    return variants;
  }
  for (const std::string& name : listed->keys()) {
    const sim::ConfigNode values = listed->at(name);
    sim::ConfigNode changed = node;
    for (const std::string& key : values.keys()) {
      if (key == "sizes") {
        values.at(key).fail("variants have the sizes of the scenario");
      }
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
  for (std::size_t i = 0; i < variants.size(); ++i) {
    Comparison one = compare(variants[i].scenario, [&](std::size_t done, std::size_t) {
      on_row((i * sizes) + done, variants.size() * sizes);
    });
    for (Row& row : one.rows) {
      row.algorithm = variants[i].name;
    }
    if (i == 0) {
      all = std::move(one);
      continue;
    }
    const std::size_t before = all.rows.size() / sizes;  // variants
    for (std::size_t size = sizes; size-- > 0;) {
      Row& row = one.rows[size];
      const double first_s = all.rows[size * before].time_s;
      row.speedup = row.time_s > 0 ? first_s / row.time_s : 1;
      all.rows.insert(all.rows.begin() + static_cast<std::ptrdiff_t>((size + 1) * before),
                      std::move(row));
    }
  }
  return all;
}

}  // namespace cli
