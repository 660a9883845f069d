// Signatures and fixed sizes of the zip format (PKWARE APPNOTE 4.3), shared by reader and writer.
// Private to the folder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sextant::io::zip {

inline constexpr uint32_t kLocalSignature = 0x04034b50;
inline constexpr uint32_t kDescriptorSignature = 0x08074b50;
inline constexpr uint32_t kCentralSignature = 0x02014b50;
inline constexpr uint32_t kEnd64Signature = 0x06064b50;
inline constexpr uint32_t kLocator64Signature = 0x07064b50;
inline constexpr uint32_t kEndSignature = 0x06054b50;

inline constexpr size_t kLocalBytes = 30;    // before name and extra field
inline constexpr size_t kCentralBytes = 46;  // before name, extra field and comment
inline constexpr size_t kEnd64Bytes = 56;    // version 1, nothing appended
inline constexpr size_t kLocator64Bytes = 20;
inline constexpr size_t kEndBytes = 22;  // without a comment

inline constexpr uint16_t kExtra64 = 0x0001;       // extra field with 64-bit sizes
inline constexpr uint16_t kExtraPadding = 0x4246;  // "FB": filler that torch uses for alignment

inline constexpr uint32_t kMarker32 = 0xffffffff;  // "the value is in the zip64 field"
inline constexpr uint16_t kMarker16 = 0xffff;

inline constexpr uint16_t kStored = 0;
inline constexpr uint16_t kDeflated = 8;

inline constexpr uint16_t kFlagDescriptor = 1 << 3;  // sizes follow the data
inline constexpr uint16_t kFlagUtf8 = 1 << 11;
// Bits that change nothing for a reader: deflate effort (1, 2) and the two above.
inline constexpr uint16_t kFlagsKnown = 0x0006 | kFlagDescriptor | kFlagUtf8;

}  // namespace sextant::io::zip
