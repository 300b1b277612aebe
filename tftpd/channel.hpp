// How a request came.
#pragma once

#include <string_view>

namespace plugtone::tftpd {

enum class Channel { tftp, http, https, legacy_https, metrics };

// A literal, as events and metrics name it.
std::string_view channel_name(Channel channel);

} // namespace plugtone::tftpd
