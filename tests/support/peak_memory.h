// Measures memory, for the promise that a hostile file costs little (SECURITY.md).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

namespace sextant::test_data {

// True where a sanitizer distorts memory and time, so that bounds on them mean nothing.
bool sanitized();

// Most resident bytes that `work` needed beyond what the process held before: heap, stack and
// touched pages of mapped files. Runs in a forked child, so start no threads before. Nothing under
// a sanitizer, whose own memory would be counted. Throws where the child does not end by itself.
std::optional<size_t> peak_memory(const std::function<void()>& work);

// What reading a file of that size may cost at its peak, whatever the file says.
constexpr size_t hostile_file_limit(size_t file_size) { return (size_t{64} << 20) + 4 * file_size; }

}  // namespace sextant::test_data
