#include "cli/atomic_file.hpp"

#include <unistd.h>

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "tests/cli/scratch_directory.hpp"

namespace cli {

TEST_CASE("atomic file: writes a file, replaces it, and leaves nothing else behind") {
  const ScratchDirectory scratch;
  const auto file = scratch.path() / "out.txt";
  write_file_atomically(file, "first, and longer");
  CHECK(content_of(file) == "first, and longer");
  const std::string large(300'000, 'x');
  write_file_atomically(file, large);
  CHECK(content_of(file) == large);
  write_file_atomically(file, "");
  CHECK(content_of(file).empty());
  CHECK(scratch.entries() == 1);
}

TEST_CASE("atomic file: a full disk fails") {
  CHECK_THROWS_WITH_AS(write_file_atomically("/dev/full", "text"),
                       "/dev/full: cannot be written: No space left on device", sim::Failure);
}

TEST_CASE("atomic file: where no file can be made, the reason is told and nothing is left") {
  const ScratchDirectory scratch;
  const auto missing = scratch.path() / "missing" / "out.txt";
  CHECK_THROWS_AS(write_file_atomically(missing, "text"), sim::Failure);
  // A file is no directory, not even for root, who may write anywhere.
  write_file_atomically(scratch.path() / "file", "kept");
  const auto under_file = scratch.path() / "file" / "out.txt";
  try {
    write_file_atomically(under_file, "text");
    FAIL("expected a failure");
  } catch (const sim::Failure& failure) {
    CHECK(std::string{failure.what()} ==
          under_file.string() + ": cannot be written: Not a directory");
  }
  CHECK(scratch.entries() == 1);
  CHECK(content_of(scratch.path() / "file") == "kept");
}

TEST_CASE("atomic file: a directory where nobody may write stays empty") {
  const ScratchDirectory scratch;
  const auto locked = scratch.path() / "locked";
  std::filesystem::create_directory(locked);
  std::filesystem::permissions(
      locked, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  if (::geteuid() != 0) {  // root may write everywhere
    CHECK_THROWS_AS(write_file_atomically(locked / "out.txt", "text"), sim::Failure);
    CHECK(std::filesystem::is_empty(locked));
  }
  CHECK_THROWS_AS(write_file_atomically("/proc/espalier.txt", "text"), sim::Failure);
}

TEST_CASE("atomic file: the target of a failed rename is untouched and the rest cleaned up") {
  const ScratchDirectory scratch;
  std::filesystem::create_directory(scratch.path() / "taken");
  CHECK_THROWS_AS(write_file_atomically(scratch.path() / "taken", "text"), sim::Failure);
  CHECK(scratch.entries() == 1);
  CHECK(std::filesystem::is_directory(scratch.path() / "taken"));
}

TEST_CASE("atomic file: a symbolic link is written through, not replaced") {
  const ScratchDirectory scratch;
  write_file_atomically(scratch.path() / "real", "a long old text");
  std::filesystem::create_symlink("real", scratch.path() / "link");
  write_file_atomically(scratch.path() / "link", "new");
  CHECK(std::filesystem::is_symlink(scratch.path() / "link"));
  CHECK(content_of(scratch.path() / "real") == "new");
}

TEST_CASE("check_target: where a link leads is what counts, and nothing is left behind") {
  const ScratchDirectory scratch;
  const auto link = scratch.path() / "link";
  const auto error_of = [&] {
    try {
      check_target("--output", link, {});
    } catch (const sim::Error& error) {
      return std::string{error.what()};
    }
    return std::string{"no error"};
  };
  std::filesystem::create_symlink("missing/out.txt", link);
  CHECK(error_of() ==
        "--output: error: '" + link.string() + "' lies in a directory that is not there");
  std::filesystem::create_directory(scratch.path() / "missing");
  CHECK(error_of() == "no error");
  CHECK(std::filesystem::is_empty(scratch.path() / "missing"));
  std::filesystem::remove(link);
  CHECK(error_of() == "no error");
  CHECK(scratch.entries() == 1);
}

TEST_CASE("make_directory: makes the parents too, twice is fine, a file in the way is not") {
  const ScratchDirectory scratch;
  make_directory(scratch.path() / "a" / "b");
  make_directory(scratch.path() / "a" / "b");
  CHECK(std::filesystem::is_directory(scratch.path() / "a" / "b"));
  write_file_atomically(scratch.path() / "file", "");
  CHECK_THROWS_AS(make_directory(scratch.path() / "file"), sim::Failure);
  CHECK_THROWS_AS(make_directory(scratch.path() / "file" / "c"), sim::Failure);
}

}  // namespace cli
