#include "sextant/train/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "sextant/io/mapped_file.h"

namespace sextant::train {

Result<std::string> sha256_of_file(const std::filesystem::path& path) {
  SEXTANT_TRY(const auto file, io::MappedFile::open(path));
  std::array<unsigned char, 32> digest{};
  const int done = EVP_Digest(file.bytes().data(), file.bytes().size(), digest.data(), nullptr,
                              EVP_sha256(), nullptr);
  SEXTANT_CHECK(done == 1, "the cryptography library refuses SHA-256");
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace sextant::train
