#pragma once

#include <filesystem>
#include <optional>
#include <string>

/// A file of the reference data that lie beside a checkout, in ../shared/reference; nothing if they
/// are not there. They belong to others and are not part of the project.
std::optional<std::filesystem::path> reference_file(const std::string& name);

std::string read_text(const std::filesystem::path& path);
