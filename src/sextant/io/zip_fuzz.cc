#include "sextant/io/zip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sextant::io::ZipArchive;
  const auto archive = ZipArchive::parse(std::as_bytes(std::span(data, size)), "fuzz.zip");
  if (!archive) {
    return 0;
  }
  constexpr uint64_t kMostUnpacked = 1 << 20;
  for (const auto& entry : archive->entries()) {
    if (archive->find(entry.name) != &entry) {
      __builtin_trap();
    }
    if (!entry.deflated) {
      static_cast<void>(archive->checked_data(entry));
    } else if (entry.size <= kMostUnpacked) {
      static_cast<void>(archive->unpack(entry));
    }
  }
  return 0;
}
