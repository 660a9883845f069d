#include "support/pickle_text.h"

#include "support/zip_builder.h"

namespace sextant::test_data::pickled {

std::string text(std::string_view value) {
  return "X" + le32(static_cast<uint32_t>(value.size())) + std::string(value);
}

std::string integer(int64_t value) { return "\x8a\x08" + le64(static_cast<uint64_t>(value)); }

std::string global(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}

std::string tuple(const std::vector<std::string>& items) {
  std::string out = "(";
  for (const std::string& item : items) {
    out += item;
  }
  return out + "t";
}

std::string numbers(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) {
    items.push_back(integer(value));
  }
  return tuple(items);
}

std::string dictionary(const std::vector<std::string>& items) {
  std::string out = "}(";
  for (const std::string& item : items) {
    out += item;
  }
  return out + "u";
}

std::string call(const std::string& function, const std::vector<std::string>& arguments) {
  return function + tuple(arguments) + "R";
}

std::string storage(std::string_view key, int64_t elements, std::string_view type) {
  return tuple(
             {text("storage"), global("torch", type), text(key), text("cpu"), integer(elements)}) +
         "Q";
}

std::string tensor(const std::string& storage, const Window& window) {
  return call(global("torch._utils", "_rebuild_tensor_v2"),
              {storage, integer(window.offset), numbers(window.shape), numbers(window.strides),
               "\x89", call(global("collections", "OrderedDict"), {})});
}

std::string whole(const std::string& value) { return "\x80\x02" + value + "."; }

}  // namespace sextant::test_data::pickled
