#pragma once
// A file that is written to.

#include <filesystem>
#include <string_view>

namespace cli {

/// Owns an open file. The destructor closes what `close` has not: after a failure, nobody asks.
///
/// All throw sim::Failure with the name of the file and the system's reason, a full disk included.
class OpenFile {
 public:
  /// Opens, or makes, a file with these flags of open(2) besides writing. Errors name it `name`.
  OpenFile(const std::filesystem::path& path, int flags, std::filesystem::path name);
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  OpenFile(OpenFile&&) = delete;
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile();

  void write(std::string_view content) const;
  void force_to_disk() const;
  void close();

 private:
  std::filesystem::path path_;
  int descriptor_;
};

/// Throws the sim::Failure that says that `path` cannot be written, by the system's number.
[[noreturn]] void fail_to_write(const std::filesystem::path& path, int error);

}  // namespace cli
