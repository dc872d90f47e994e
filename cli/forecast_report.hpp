#pragma once
// What a run, and its bill, come to, for people and for programs.

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/forecast_scenario.hpp"
#include "planning/bill.hpp"
#include "planning/parts.hpp"
#include "planning/prices.hpp"

namespace cli {

/// When it ends, where the time goes, what fails, how often to save. Of at most 80 columns.
[[nodiscard]] std::string render_run(const PlayedRun& played);

/// Money and energy, item by item, and what has no price. `of` says what the bill is of: "a step".
[[nodiscard]] std::string render_bill(const planning::Bill& bill, std::string_view of);

/// All of it. Times in seconds.
[[nodiscard]] nlohmann::ordered_json to_json(const PlayedRun& played);
[[nodiscard]] nlohmann::ordered_json to_json(const planning::Bill& bill);

/// Of the mean duration, on the parts of the whole cluster and the spare servers that it has not.
[[nodiscard]] planning::Bill bill_of(const PlayedRun& played, const planning::Parts& parts,
                                     const planning::Prices& prices, double busy_s);

}  // namespace cli
