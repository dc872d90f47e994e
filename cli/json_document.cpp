#include "cli/json_document.hpp"

#include <nlohmann/json.hpp>

#include "cli/version.hpp"

namespace cli {

std::string json_document(const nlohmann::ordered_json& body) {
  constexpr int schema_version = 1;
  nlohmann::ordered_json out{{"schema_version", schema_version}, {"version", version}};
  out.update(body);
  return out.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace cli
