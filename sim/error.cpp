#include "sim/error.hpp"

#include <fmt/core.h>

namespace sim {

Error::Error(const SourcePos& where, const std::string& what)
    : std::runtime_error{
          fmt::format("{}:{}:{}: error: {}", where.file, where.line, where.column, what)} {}

Error::Error(const std::string& where, const std::string& what)
    : std::runtime_error{fmt::format("{}: error: {}", where, what)} {}

}  // namespace sim
