#include "sim/quantity_text.hpp"

#include <doctest/doctest.h>

using namespace sim::literals;

TEST_CASE("quantities: decimal and binary units, bits and bytes are told apart") {
  CHECK(sim::parse_bytes("32KiB").value == 32_KiB);
  CHECK(sim::parse_bytes("1.5 GB").value == sim::Bytes{1'500'000'000});
  CHECK(sim::parse_bytes("0 B").value == 0_B);
  CHECK(sim::parse_bandwidth("400 Gbps").value == sim::parse_bandwidth("50GB/s").value);
  CHECK(sim::parse_bandwidth("400Gb/s").value == 400_Gbps);
  CHECK(sim::parse_duration("150ns").value == sim::Duration{150'000});
  CHECK(sim::parse_duration("1.5 us").value == sim::Duration{1'500'000});
}

TEST_CASE("quantities: what is no quantity is refused, and why is said") {
  CHECK(sim::parse_bandwidth("400").problem ==
        "expected a bandwidth, got '400', a number without a unit");
  CHECK(sim::parse_bandwidth("-5GB/s").problem ==
        "expected a bandwidth, got '-5GB/s': less than 1 B/s");
  CHECK(sim::parse_bandwidth("nan GB/s").problem == "expected a bandwidth, got 'nan GB/s'");
  CHECK(sim::parse_bandwidth("inf GB/s").problem ==
        "expected a bandwidth, got 'inf GB/s': more than 1000 TB/s");
  CHECK(sim::parse_bandwidth("5 gb/s").problem ==
        "expected a bandwidth, got '5 gb/s', an unknown unit");
  CHECK(sim::parse_bytes("99999999999GiB").problem ==
        "expected a size, got '99999999999GiB': more than 8 PiB");
  CHECK(sim::parse_bytes("1e400 B").problem == "expected a size, got '1e400 B': more than 8 PiB");
  CHECK(sim::parse_duration("-1 ns").problem == "expected a time, got '-1 ns': less than 0 ns");
  CHECK_FALSE(sim::parse_bytes("").value);
  CHECK_FALSE(sim::parse_bytes("KiB").value);
}

TEST_CASE("quantities: whole numbers are decimal, never octal, and stay in range") {
  CHECK(sim::parse_integer("10").value == 10);
  CHECK(sim::parse_integer("-3").value == -3);
  CHECK_FALSE(sim::parse_integer("010").value);
  CHECK_FALSE(sim::parse_integer("8.0").value);
  CHECK_FALSE(sim::parse_integer("0x10").value);
  CHECK_FALSE(sim::parse_integer("99999999999999999999").value);
  CHECK_FALSE(sim::parse_integer("").value);
  CHECK_FALSE(sim::parse_number("nan").value);
}

TEST_CASE("quantities: printed with four digits and a fitting prefix") {
  CHECK(sim::to_text(64_MiB) == "64 MiB");
  CHECK(sim::to_text(1000_B) == "1000 B");
  CHECK(sim::to_text(0_B) == "0 B");
  CHECK(sim::to_text(sim::Duration{1'048'600'000}) == "1.049 ms");
  CHECK(sim::to_text(sim::Bandwidth{12'500'000'000}) == "12.50 GB/s");
  CHECK(sim::to_text_si(999.96, "B") == "1.000 kB");
  CHECK(sim::to_text_si(123.4, "B") == "123.4 B");
  CHECK(sim::to_text_si(0, "s") == "0 s");
}
