#pragma once
// Results for programs.

#include <cstdint>
#include <string>

#include "cli/result.hpp"

namespace cli {

/// Whether every result lists the use of every link, in the order of the topology's links.
enum class Links : std::uint8_t { left_out, listed };

/// The comparison as one JSON document, with a line break at its end.
///
/// Quantities carry their unit in their key (`time_s`, `busbw_Bps`) and read back as the same
/// double. `schema_version` grows when the meaning of a key changes or a key goes; new keys may
/// come at any time. Requires finite numbers.
[[nodiscard]] std::string to_json(const Comparison& comparison, Links links);

}  // namespace cli
