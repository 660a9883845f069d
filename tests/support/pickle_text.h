// Writes pickles opcode by opcode, right ones and hostile ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::test_data::pickled {

std::string text(std::string_view value);  // BINUNICODE
std::string integer(int64_t value);        // LONG1 of 8 bytes
std::string global(std::string_view module, std::string_view name);
std::string tuple(const std::vector<std::string>& items);
std::string numbers(const std::vector<int64_t>& values);  // a tuple of integers
// {key: value, ...}, keys and values alternating.
std::string dictionary(const std::vector<std::string>& items);
std::string call(const std::string& function, const std::vector<std::string>& arguments);
std::string storage(std::string_view key, int64_t elements, std::string_view type = "FloatStorage");

struct Window {
  int64_t offset = 0;
  std::vector<int64_t> shape = {};
  std::vector<int64_t> strides = {};
};
// _rebuild_tensor_v2 of that storage.
std::string tensor(const std::string& storage, const Window& window);

// Protocol 2 around one value.
std::string whole(const std::string& value);

}  // namespace sextant::test_data::pickled
