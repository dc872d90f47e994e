#include "cli/csv_input.hpp"

#include <string>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using topology_test::error_of;

TEST_CASE("csv input: fields by column, quotes, blank lines and line ends of either kind") {
  const cli::CsvTable table{"t.csv", "a,b c,d\r\n1,\"x, \"\"y\"\"\",3\r\n\r\n4,,6"};
  REQUIRE(table.rows() == 2);
  CHECK(table.at(0, "b c") == "x, \"y\"");
  CHECK(table.at(1, "b c").empty());
  CHECK(table.integer(1, "d", 0, 9) == 6);
  CHECK(table.has("a"));
  CHECK_FALSE(table.has("A"));
}

TEST_CASE("csv input: a quoted field may go over lines, and has to end") {
  const cli::CsvTable table{"t.csv", "a,b\n\"one\ntwo\",3\n4,x\n"};
  REQUIRE(table.rows() == 2);
  CHECK(table.at(0, "a") == "one\ntwo");
  CHECK(table.integer(1, "a", 0, 9) == 4);
  // Lines are counted as an editor does.
  CHECK(error_of([&] { return table.integer(1, "b", 0, 9); }).starts_with("t.csv:4:3: error:"));
  CHECK(error_of([] { return cli::CsvTable{"t.csv", "a\n1\n\"2\n3\n"}; }) ==
        "t.csv:3:1: error: a quoted field has no end");
}

TEST_CASE("csv input: errors name the line") {
  CHECK(error_of([] { return cli::CsvTable{"t.csv", ""}; }) ==
        "t.csv:1:1: error: the table is empty");
  CHECK(error_of([] { return cli::CsvTable{"t.csv", "a,b\n1,2\n3\n"}; }) ==
        "t.csv:3:1: error: expected 2 fields as in the header, found 1");
  CHECK(error_of([] { return cli::CsvTable{"t.csv", "a,a\n"}; }) ==
        "t.csv:1:1: error: two columns 'a'");
  const cli::CsvTable table{"t.csv", "bytes\nx\n-1\n"};
  CHECK(error_of([&] { return table.at(0, "byte"); }) ==
        "t.csv:1:1: error: missing column 'byte'\n  hint: did you mean 'bytes'?");
  CHECK(error_of([&] { return table.integer(0, "bytes", 0, 9); }) ==
        "t.csv:2:1: error: bytes: expected a whole number from 0 to 9, got 'x'");
  CHECK(error_of([&] { return table.integer(1, "bytes", 0, 9); }) ==
        "t.csv:3:1: error: bytes: expected a whole number from 0 to 9, got '-1'");
  // The field begins at the ninth letter: quotes are letters of the line.
  const cli::CsvTable quoted{"t.csv", "a,b\n\"x,\"\"y\",z\n"};
  CHECK(error_of([&] { return quoted.integer(0, "b", 0, 9); }) ==
        "t.csv:2:9: error: b: expected a whole number from 0 to 9, got 'z'");
}
