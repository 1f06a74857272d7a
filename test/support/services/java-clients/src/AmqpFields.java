import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.rabbitmq.client.AMQP;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Properties and field tables, as JSON has them and as the library does. */
final class AmqpFields {
  private AmqpFields() {}

  static Map<String, Object> toMap(JsonObject fields) {
    Map<String, Object> map = new HashMap<>();
    for (var field : fields.entrySet()) map.put(field.getKey(), toValue(field.getValue()));
    return map;
  }

  static AMQP.BasicProperties toProperties(JsonObject properties) {
    AMQP.BasicProperties.Builder builder = new AMQP.BasicProperties.Builder();
    for (var property : properties.entrySet()) {
      JsonElement value = property.getValue();
      switch (property.getKey()) {
        case "contentType" -> builder.contentType(value.getAsString());
        case "headers" -> builder.headers(toMap(value.getAsJsonObject()));
        case "deliveryMode" -> builder.deliveryMode(value.getAsInt());
        case "priority" -> builder.priority(value.getAsInt());
        case "correlationId" -> builder.correlationId(value.getAsString());
        case "replyTo" -> builder.replyTo(value.getAsString());
        case "expiration" -> builder.expiration(value.getAsString());
        case "messageId" -> builder.messageId(value.getAsString());
        case "timestamp" -> builder.timestamp(new Date(value.getAsLong() * 1000));
        case "type" -> builder.type(value.getAsString());
        case "appId" -> builder.appId(value.getAsString());
        default -> throw new IllegalArgumentException(property.getKey());
      }
    }
    return builder.build();
  }

  static JsonObject fromProperties(AMQP.BasicProperties properties) {
    JsonObject json = new JsonObject();
    addPresent(json, "contentType", properties.getContentType());
    addPresent(json, "headers", properties.getHeaders());
    addPresent(json, "deliveryMode", properties.getDeliveryMode());
    addPresent(json, "priority", properties.getPriority());
    addPresent(json, "correlationId", properties.getCorrelationId());
    addPresent(json, "replyTo", properties.getReplyTo());
    addPresent(json, "expiration", properties.getExpiration());
    addPresent(json, "messageId", properties.getMessageId());
    addPresent(json, "timestamp", properties.getTimestamp());
    addPresent(json, "type", properties.getType());
    addPresent(json, "appId", properties.getAppId());
    return json;
  }

  private static void addPresent(JsonObject json, String name, Object value) {
    if (value != null) json.add(name, toJson(value));
  }

  private static Object toValue(JsonElement element) {
    if (element.isJsonObject()) return toMap(element.getAsJsonObject());
    if (element.isJsonArray()) {
      List<Object> list = new ArrayList<>();
      for (JsonElement item : element.getAsJsonArray()) list.add(toValue(item));
      return list;
    }
    JsonPrimitive primitive = element.getAsJsonPrimitive();
    if (primitive.isBoolean()) return primitive.getAsBoolean();
    return primitive.isNumber() ? (Object) primitive.getAsInt() : primitive.getAsString();
  }

  private static JsonElement toJson(Object value) {
    if (value instanceof Map<?, ?> map) {
      JsonObject json = new JsonObject();
      for (var entry : map.entrySet()) json.add(String.valueOf(entry.getKey()), toJson(entry.getValue()));
      return json;
    }
    if (value instanceof List<?> list) {
      JsonArray json = new JsonArray();
      for (Object item : list) json.add(toJson(item));
      return json;
    }
    if (value instanceof Number number) return new JsonPrimitive(number);
    if (value instanceof Boolean flag) return new JsonPrimitive(flag);
    if (value instanceof Date date) return new JsonPrimitive(date.getTime() / 1000);
    return new JsonPrimitive(String.valueOf(value));
  }
}
