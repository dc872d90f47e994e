#pragma once
// Text and data in a page: nothing that a user wrote is ever taken for markup.

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace cli {

/// For between tags and for quoted attributes: & < > " ' as entities. Bytes that are no UTF-8, and
/// controls that no page may have, are replaced.
[[nodiscard]] std::string escape_html(std::string_view text);

/// JSON that may stand in a script element: it has no '<', so that nothing in it ends the element
/// or begins a comment.
[[nodiscard]] std::string script_json(const nlohmann::ordered_json& data);

}  // namespace cli
