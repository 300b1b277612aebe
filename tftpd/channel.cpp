#include "tftpd/channel.hpp"

namespace plugtone::tftpd {

std::string_view channel_name(Channel channel) {
    switch (channel) {
    case Channel::tftp:
        return "tftp";
    case Channel::http:
        return "http";
    case Channel::https:
        return "https";
    case Channel::legacy_https:
        return "legacy-https";
    case Channel::metrics:
        return "metrics";
    }
    return "?";
}

} // namespace plugtone::tftpd
