#pragma once
// Reading a topology's description: the mapping that a builder gets, and its short form.
//
//     topology:                                 --topology torus:8x8 --link 16GB/s,150ns
//       kind: torus
//       shape: 8x8
//       link: { bandwidth: 16 GB/s, latency: 150 ns }      # or simply: 16GB/s,150ns

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// The largest network that is built: beyond it memory, not time, is the limit.
inline constexpr std::int64_t endpoints_max = 262'144;
inline constexpr std::int64_t links_max = 16'777'216;
inline constexpr std::int64_t partitions_max = 16;

/// "torus:8x8,link=..." as the mapping `{kind: torus, shape: 8x8, link: ...}`.
///
/// What follows the colon is a shape, `key=value` pairs, or both, separated by commas. Errors name
/// `label` ("--topology").
[[nodiscard]] sim::ConfigNode spec_from_text(const std::string& label, const std::string& text);

/// "8x8x4": `least` to `most` extents, each from 1 to `endpoints_max`.
[[nodiscard]] std::vector<std::int32_t> read_extents(const sim::ConfigNode& node, std::size_t least,
                                                     std::size_t most);

/// The same for extents that multiply to the number of endpoints: at most `endpoints_max`.
[[nodiscard]] std::vector<std::int32_t> read_shape(const sim::ConfigNode& node, std::size_t least,
                                                   std::size_t most);

/// `16GB/s,150ns`, or a mapping with `bandwidth` and `latency` (0 if left out).
[[nodiscard]] LinkSpec read_link(const sim::ConfigNode& node);

/// The link under `key`, or `fallback` if the key is absent.
[[nodiscard]] LinkSpec read_link_or(const sim::ConfigNode& spec, std::string_view key,
                                    LinkSpec fallback);

/// The whole number under `key`, from `least` to `most`, or `fallback` if the key is absent.
[[nodiscard]] std::int32_t read_count_or(const sim::ConfigNode& spec, std::string_view key,
                                         std::int32_t least, std::int32_t most,
                                         std::int32_t fallback);

/// The ports of each endpoint (`injection`), if given: a bandwidth, or a mapping with `bandwidth`,
/// `latency` and `ports`.
[[nodiscard]] std::optional<Injection> read_injection(const sim::ConfigNode& spec);

/// Throws at `spec` if it asks for more than we build. `links` counts directions: two a cable.
///
/// To be called before anything of that size is allocated.
void check_size(const sim::ConfigNode& spec, std::int64_t endpoints, std::int64_t links);

/// Why `name` cannot name a node or a partition; "" if it can.
///
/// A name has 1 to 200 bytes, no control character, no space at either end and no two in a row:
/// what every format we write (GraphML, DOT) gives back unchanged.
[[nodiscard]] std::string_view name_problem(std::string_view name);

/// The link of a topology that was given none: 100 Gb/s and 500 ns.
inline constexpr LinkSpec default_link{sim::Bandwidth{12'500'000'000}, sim::Duration{500'000}};

}  // namespace topology
