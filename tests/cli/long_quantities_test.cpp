#include "cli/long_quantities.hpp"

#include <doctest/doctest.h>

#include "sim/error.hpp"

using cli::read_count;
using cli::read_date;
using cli::read_long_time;

namespace {

sim::ConfigNode word(const std::string& text) {
  return sim::ConfigNode::scalar("key", text);
}

}  // namespace

TEST_CASE("long quantities: times from seconds to years") {
  CHECK(read_long_time(word("90 s")).count() == 90);
  CHECK(read_long_time(word("1.5min")).count() == 90);
  CHECK(read_long_time(word("24 h")).count() == 86400);
  CHECK(read_long_time(word("54 d")).count() == 54 * 86400);
  CHECK(read_long_time(word("2 y")).count() == 2 * 365 * 86400);
  for (const char* const bad : {"90", "90 m", "-1 s", "h", "1e3", "2000 y", "nan s"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS(static_cast<void>(read_long_time(word(bad))),
                         doctest::Contains("expected a time"), sim::Error);
  }
}

TEST_CASE("long quantities: counts with letters behind them") {
  CHECK(read_count(word("15.6T")) == doctest::Approx(15.6e12));
  CHECK(read_count(word("300B")) == 300e9);
  CHECK(read_count(word("4 M")) == 4e6);
  CHECK(read_count(word("1000")) == 1000);
  for (const char* const bad : {"0", "-4M", "4G", "T", "1e30"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS(static_cast<void>(read_count(word(bad))),
                         doctest::Contains("expected a number above 0"), sim::Error);
  }
}

TEST_CASE("long quantities: dates that there are") {
  CHECK(cli::text_of(read_date(word("2027-03-01"))) == "2027-03-01");
  CHECK(read_date(word("2027-03-01")) - read_date(word("2027-01-01")) == std::chrono::days{59});
  CHECK(read_date(word("2028-03-01")) - read_date(word("2028-01-01")) == std::chrono::days{60});
  for (const char* const bad :
       {"2027-02-29", "2027-13-01", "2027-1-1", "27-01-01", "2027/01/01", "2027-00-10", "soon"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS(static_cast<void>(read_date(word(bad))),
                         doctest::Contains("expected a date"), sim::Error);
  }
}

TEST_CASE("long quantities: as people read them") {
  using planning::Seconds;
  CHECK(cli::text_of(Seconds{2.84}) == "2.84 s");
  CHECK(cli::text_of(Seconds{255}) == "4.25 min");
  CHECK(cli::text_of(Seconds{7200}) == "2 h");
  CHECK(cli::text_of(Seconds{54.3 * 86400}) == "54.3 d");
}
