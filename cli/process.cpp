#include "cli/process.hpp"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "sim/contract.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

[[noreturn]] void fail(const std::string& program, int error) {
  throw sim::Failure{
      fmt::format("{}: cannot be run: {}", program, std::generic_category().message(error))};
}

/// A file in memory, without a name.
///
/// The other program reads and writes such files instead of pipes: a pipe that is full while both
/// sides write would hang us, and one whose reader is gone would kill us.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& program) : descriptor_{::memfd_create("", MFD_CLOEXEC)} {
    if (descriptor_ < 0) {
      fail(program, errno);
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  MemoryFile(MemoryFile&&) = delete;
  MemoryFile& operator=(MemoryFile&&) = delete;
  ~MemoryFile() { ::close(descriptor_); }

  [[nodiscard]] int descriptor() const { return descriptor_; }

  /// Leaves the position at the start, where the other program begins to read.
  void fill(const std::string& program, std::string_view content) const {
    off_t offset = 0;
    while (!content.empty()) {
      const ssize_t written = ::pwrite(descriptor_, content.data(), content.size(), offset);
      if (written >= 0) {
        content.remove_prefix(static_cast<std::size_t>(written));
        offset += written;
      } else if (errno != EINTR) {
        fail(program, errno);
      }
    }
  }

  [[nodiscard]] std::string content(const std::string& program) const {
    constexpr std::size_t block = 65536;
    std::array<char, block> buffer{};
    std::string out;
    while (true) {
      const ssize_t count =
          ::pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(out.size()));
      if (count == 0) {
        return out;
      }
      if (count > 0) {
        out.append(buffer.data(), static_cast<std::size_t>(count));
      } else if (errno != EINTR) {
        fail(program, errno);
      }
    }
  }

 private:
  int descriptor_;
};

int wait_for(const std::string& program, pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      fail(program, errno);
    }
  }
  constexpr int signal_offset = 128;
  return WIFSIGNALED(status) ? signal_offset + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& command, std::string_view input) {
  sim::require(!command.empty(), "run_process: a command");
  const std::string& program = command.front();
  const MemoryFile in{program};
  const MemoryFile out{program};
  const MemoryFile errors{program};
  in.fill(program, input);

  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.descriptor(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    fail(program, error);
  }
  const int status = wait_for(program, child);
  return {.status = status, .output = out.content(program), .errors = errors.content(program)};
}

bool is_installed(std::string_view name) {
  const char* const variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "" : variable;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const std::filesystem::path file = std::filesystem::path{path.substr(0, end)} / name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0) {
      return true;
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

}  // namespace cli
