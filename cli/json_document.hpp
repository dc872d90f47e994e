#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace cli {

/// The text of a JSON document for machines: `schema_version` and the program's `version`, then the
/// keys of `body`, in order. Bytes that are no UTF-8 (a file name may hold any) are replaced.
[[nodiscard]] std::string json_document(const nlohmann::ordered_json& body);

}  // namespace cli
